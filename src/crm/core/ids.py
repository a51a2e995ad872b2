"""Record ids: UUID version 8 (RFC 9562) made by the application.

Layout: 48 bits of milliseconds, the version, 12 bits of the record's kind, the variant, 62 random bits. So ids sort roughly by
creation, `node(id)` reads the kind from the id, and nothing can be guessed.
"""

from __future__ import annotations

import secrets
import time
from uuid import UUID

from crm.core.kinds import Kind

_VERSION = 8 << 76
_VARIANT = 0b10 << 62


def new_id(kind: Kind, *, milliseconds: int | None = None) -> UUID:
    """A fresh id of `kind`; `milliseconds` since 1970 default to now and are given only by seeding, to be deterministic."""
    instant = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    return make_id(kind, instant, secrets.randbits(62))


def make_id(kind: Kind, milliseconds: int, random_bits: int) -> UUID:
    """The id with exactly these parts; `random_bits` is a 62-bit number."""
    return UUID(int=(milliseconds & (2**48 - 1)) << 80 | _VERSION | int(kind) << 64 | _VARIANT | random_bits)


def sister_id(record_id: UUID, kind: Kind) -> UUID:
    """The id of the one record of `kind` that is made of another record: the same however often it is asked for."""
    return make_id(kind, record_id.int >> 80, record_id.int & (2**62 - 1))


def kind_of(record_id: UUID) -> Kind | None:
    """The kind an id carries, or None when it is not one of ours."""
    if record_id.version != 8:
        return None
    number = record_id.int >> 64 & 0xFFF
    return Kind(number) if number in Kind._value2member_map_ else None


def parse_id(text: str, *kinds: Kind) -> UUID | None:
    """The id that a client sent, or None when it is malformed or of none of `kinds` (no kinds: of any).

    Only the canonical spelling counts: `UUID()` would also take braces, `urn:` and missing hyphens.
    """
    if len(text) != 36:
        return None
    try:
        record_id = UUID(text)
    except ValueError:
        return None
    if str(record_id) != text.lower():
        return None
    kind = kind_of(record_id)
    return record_id if kind is not None and (not kinds or kind in kinds) else None


EVERYONE_ID = make_id(Kind.EVERYONE, 0, 1)
"""The principal that stands for all signed-in users."""
