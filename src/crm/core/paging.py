"""Keyset paging: what `first, after, last, before` mean, and cursors."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from crm.core.errors import BadUserInput

DEFAULT_PAGE = 20
MAX_PAGE = 100
MAX_OWNED = 50
"""Owned value lists (phone numbers, tags, …) are plain lists of at most this many."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: `size` rows, walking forwards or backwards, between two decoded cursors."""

    size: int
    backwards: bool
    after: tuple[object, ...] | None
    before: tuple[object, ...] | None


def read_page(first: int | None, after: str | None, last: int | None, before: str | None, signature: str, width: int) -> Page:
    """The page that the four arguments ask for; `signature` and `width` are those of the order the cursors must belong to."""
    if first is not None and last is not None:
        raise BadUserInput("Give `first` or `last`, not both.")
    for name, size in (("first", first), ("last", last)):
        if size is not None and not 1 <= size <= MAX_PAGE:
            raise BadUserInput(f"`{name}` must be between 1 and {MAX_PAGE}.")
    size = last if last is not None else first if first is not None else DEFAULT_PAGE
    return Page(
        size=size,
        backwards=last is not None,
        after=None if after is None else decode_cursor("after", after, signature, width),
        before=None if before is None else decode_cursor("before", before, signature, width),
    )


def order_signature(noun: str, terms: Sequence[str]) -> str:
    """Six characters that tie a cursor to the list's type and order, so that one from elsewhere is refused and not misread."""
    return base64.urlsafe_b64encode(hashlib.blake2b("|".join((noun, *terms)).encode(), digest_size=4).digest())[:6].decode()


def encode_cursor(signature: str, values: Sequence[object]) -> str:
    """A cursor that stands for the row with these order values, the id last. Values are JSON scalars."""
    return base64.urlsafe_b64encode(orjson.dumps([signature, *values])).decode().rstrip("=")


def decode_cursor(argument: str, cursor: str, signature: str, width: int) -> tuple[object, ...]:
    """The order values inside a cursor; anything that is not a cursor of this very list and order is refused."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except ValueError as error:
        raise BadUserInput(f"`{argument}` is not a cursor of this list.") from error
    if not isinstance(values, list) or len(values) != width + 1 or values[0] != signature:
        raise BadUserInput(f"`{argument}` is not a cursor of this list.")
    if any(isinstance(value, dict | list) for value in values):
        raise BadUserInput(f"`{argument}` is not a cursor of this list.")
    return tuple(values[1:])
