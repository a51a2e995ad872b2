"""Prepared statements a connection keeps: bounded by their bytes, because what the server holds for each grows with its text.

Measured on PostgreSQL 18, in its memory contexts after the generic plan is made: 116 KB for a statement of 0.5 KB, 690 KB for
5 KB, 2.1 MB for 21 KB, in each connection. asyncpg counts statements only, and keeps none above 15 KB: a hundred nested reads
would be 200 MB a connection, and the longest ones would be parsed and planned every time.
"""

from __future__ import annotations

from typing import Any

from asyncpg.connection import _StatementCache

MOST = 100
MOST_BYTES = 256 * 1024
"""Of the texts, in one connection: some 25 MB of the server's memory, whether they are few and long or many and short."""
LONGEST = 64 * 1024
LIFETIME_SECONDS = 300
"""A plan is made anew after this time, so that none is older than the tables' growth."""
CONNECT_OPTIONS = {
    "statement_cache_size": MOST,
    "max_cacheable_statement_size": LONGEST,
    "max_cached_statement_lifetime": LIFETIME_SECONDS,
}
"""What `asyncpg.connect` takes; the address of the database may say otherwise (`?statement_cache_size=0`)."""


class KeptStatements(_StatementCache):  # type: ignore[misc]  # asyncpg ships no types
    """asyncpg's cache, which forgets what was used longest ago when the texts become too many bytes."""

    __slots__ = ()

    @classmethod
    def instead_of(cls, cache: _StatementCache) -> KeptStatements:
        """One that is empty, in the place of asyncpg's own of a new connection."""
        return cls(
            loop=cache._loop,
            max_size=cache._max_size,
            on_remove=cache._on_remove,
            max_lifetime=cache._max_lifetime,
        )

    def put(self, query: tuple[Any, ...], statement: Any) -> None:
        """Keep one more; the key's first part is the text. The newest stays, however long it is."""
        super().put(query, statement)
        while len(self) > 1 and self.bytes > MOST_BYTES:
            _, oldest = self._entries.popitem(last=False)
            self._clear_entry_callback(oldest)
            self._on_remove(oldest._statement)

    @property
    def bytes(self) -> int:
        """How long all texts are together."""
        return sum(len(key[0]) for key in self._entries)
