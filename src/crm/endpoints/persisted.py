"""Persisted documents: a client sends the hash of a document in place of its text.

Two ways. By itself (Apollo's automatic persisted queries): an unknown hash is answered `PersistedQueryNotFound`, the client sends
hash and text, and from then on the hash is enough. Or from a list that was written when the clients were built: then nothing else
runs. A text is kept apart from the parsed document, because it takes a thirtieth of the room.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from crm.core.errors import BadUserInput, PersistedQueryNotFound
from crm.core.segments import Segments
from crm.endpoints.allowed import Allowed

MOST_BYTES = 8 * 2**20
"""Of texts that clients have left with us: several thousand."""
BYTES_EACH = 256
VERSION = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Persisted:
    """The documents that clients may name by their hash; with `allowed`, the only ones that run."""

    def __init__(self, allowed: Allowed | None = None) -> None:
        self.allowed = allowed
        self._texts: Segments[str] = Segments(MOST_BYTES)

    def text(self, query: str, extensions: Mapping[str, Any] | None) -> str:
        """The document of a request, which came with its text, with its hash, or with both; raises a `RequestError`."""
        named = _name_in(extensions)
        if self.allowed is not None:
            return self.allowed.text(named, query)
        if named is None:
            return query
        key = _digest(named)
        if query:
            if hashlib.sha256(_bytes(query)).digest() != key:
                raise BadUserInput("`sha256Hash` is not the SHA-256 of this document.")
            return query
        text = self._texts.get(key)
        if text is None:
            raise PersistedQueryNotFound
        return text

    def keep(self, query: str, extensions: Mapping[str, Any] | None) -> None:
        """Remember the document of a request that came with its hash. To be called for documents that are right only."""
        named = None if self.allowed is not None else _name_in(extensions)
        if named is not None:
            self._texts.put(_digest(named), query, BYTES_EACH + len(_bytes(query)))


def query_of(body: Mapping[str, Any]) -> Any:
    """The `query` of a request; one that names its document by hash may come without: then an empty text."""
    named = isinstance(body.get("extensions"), dict) and body["extensions"].get("persistedQuery") is not None
    return "" if body.get("query") is None and named else body.get("query")


def _name_in(extensions: Mapping[str, Any] | None) -> str | None:
    """The hash a request names its document by; None where it does not."""
    given = (extensions or {}).get("persistedQuery")
    if given is None:
        return None
    if not isinstance(given, dict) or given.get("version") != VERSION or not isinstance(given.get("sha256Hash"), str):
        raise BadUserInput(f"`extensions.persistedQuery` is an object with `version: {VERSION}` and a text `sha256Hash`.")
    return str(given["sha256Hash"]).lower()


def _digest(named: str) -> bytes:
    if not _SHA256.fullmatch(named):
        raise BadUserInput("`sha256Hash` is 64 hexadecimal digits.")
    return bytes.fromhex(named)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
