"""How common tokens are, as PostgreSQL found out when it last analysed the entries: it decides how they are looked for."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from crm.core.search_queries import AllOf, OneOf, Token, Wish

LIFETIME_SECONDS = 600

_COMMON = """
SELECT c.reltuples, s.most_common_elems::text::text[] AS tokens, s.most_common_elem_freqs AS parts
FROM pg_class c LEFT JOIN pg_stats s ON s.schemaname = 'public' AND s.tablename = c.relname AND s.attname = 'tokens'
WHERE c.oid = 'search_entry'::regclass
"""


class Connection(Protocol):
    """As much of a database connection as is needed here."""

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row, or None."""


@dataclass
class Commonness:
    """How many entries have a token, of those that many have. Nobody's data and nobody's rights: kept for all."""

    tokens: list[str] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    entries: float = 0
    _until: float = float("-inf")

    async def refresh(self, connection: Connection) -> None:
        """Read it again where it is old."""
        if time.monotonic() < self._until:
            return
        found = await connection.fetchrow(_COMMON)
        # The list ends with the smallest and the largest of its figures, and that of nulls.
        pairs = sorted(zip(found["tokens"] or (), found["parts"] or (), strict=False))
        self.tokens = [token for token, _ in pairs]
        self.entries = max(found["reltuples"], 0)
        self.rows = [part * self.entries for _, part in pairs]
        self._until = time.monotonic() + LIFETIME_SECONDS

    @property
    def stale(self) -> bool:
        """Whether it should be read again."""
        return time.monotonic() >= self._until

    def of(self, wish: Wish) -> float:
        """About how many entries fulfil the wish; none where its tokens are not among the common ones."""
        match wish:
            case Token(text=text, prefix=prefix):
                start = bisect_left(self.tokens, text)
                if not prefix:
                    return self.rows[start] if self.tokens[start : start + 1] == [text] else 0.0
                return sum(self._beginning(text, start))
            case AllOf(parts=parts):
                return min(self.of(part) for part in parts)
            case OneOf(parts=parts):
                return sum(self.of(part) for part in parts)

    def _beginning(self, text: str, start: int) -> Sequence[float]:
        end = start
        while end < len(self.tokens) and self.tokens[end].startswith(text):
            end += 1
        return self.rows[start:end]
