"""How common tokens are: it decides how they are looked for.

PostgreSQL tells of all entries together, from when it last analysed them. Of tokens that very many have, a sample tells whose
they are: 公司 is in every party and in no contact, and whoever looked for it in the newest contacts would read three million.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from crm.core.kinds import Kind
from crm.core.search_queries import AllOf, OneOf, Token, Wish

LIFETIME_SECONDS = 600
MANY = 50_000
"""From so many entries on it matters of which kinds they are."""
SAMPLE = 4_000

_COMMON = """
SELECT c.reltuples, s.most_common_elems::text::text[] AS tokens, s.most_common_elem_freqs AS parts
FROM pg_class c LEFT JOIN pg_stats s ON s.schemaname = 'public' AND s.tablename = c.relname AND s.attname = 'tokens'
WHERE c.oid = 'search_entry'::regclass
"""
# Always the same pages: two processes, and one process tomorrow, go the same way.
_OF_KINDS = """
WITH picked AS MATERIALIZED (SELECT record_kind, tokens FROM search_entry TABLESAMPLE SYSTEM ($1) REPEATABLE (0))
SELECT record_kind, NULL AS token, count(*) AS n FROM picked GROUP BY 1
UNION ALL
SELECT p.record_kind, t.lexeme, count(*) FROM picked p CROSS JOIN unnest(p.tokens) t
WHERE t.lexeme = ANY($2::text[]) GROUP BY 1, 2
"""


class Connection(Protocol):
    """As much of a database connection as is needed here."""

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row, or None."""

    async def fetch(self, query: str, *args: object) -> Any:
        """All rows."""


@dataclass
class Commonness:
    """How many entries have a token, of those that many have. Nobody's data and nobody's rights: kept for all.

    `rows` belong to `tokens`, which are sorted. `of_kinds` tells, of tokens that very many have, of which kinds those are.
    """

    tokens: list[str] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    entries: dict[Kind, float] = field(default_factory=dict)
    of_kinds: dict[str, dict[Kind, float]] = field(default_factory=dict)
    _until: float = float("-inf")

    async def refresh(self, connection: Connection) -> None:
        """Read it again where it is old."""
        if not self.stale:
            return
        found = await connection.fetchrow(_COMMON)
        # The list ends with the smallest and the largest of its figures, and that of nulls.
        pairs = sorted(zip(found["tokens"] or (), found["parts"] or (), strict=False))
        entries = max(found["reltuples"], 0)
        self.tokens = [token for token, _ in pairs]
        self.rows = [part * entries for _, part in pairs]
        very = [token for token, rows in zip(self.tokens, self.rows, strict=True) if rows > MANY]
        self.entries, self.of_kinds = await _sampled(connection, entries, very) if very else ({}, {})
        self._until = time.monotonic() + LIFETIME_SECONDS

    @property
    def stale(self) -> bool:
        """Whether it should be read again."""
        return time.monotonic() >= self._until

    def of(self, wish: Wish, kind: Kind | None = None) -> float:
        """About how many entries, of this kind at most, fulfil the wish; none where its tokens are not among the common ones."""
        match wish:
            case Token(text=text, prefix=prefix):
                return sum(self._having(text, kind) if not prefix else self._beginning(text, kind))
            case AllOf(parts=parts):
                return min(self.of(part, kind) for part in parts)
            case OneOf(parts=parts):
                return sum(self.of(part, kind) for part in parts)

    def _having(self, text: str, kind: Kind | None) -> Iterator[float]:
        place = bisect_left(self.tokens, text)
        if self.tokens[place : place + 1] == [text]:
            yield self._rows(place, kind)

    def _beginning(self, text: str, kind: Kind | None) -> Iterator[float]:
        place = bisect_left(self.tokens, text)
        while place < len(self.tokens) and self.tokens[place].startswith(text):
            yield self._rows(place, kind)
            place += 1

    def _rows(self, place: int, kind: Kind | None) -> float:
        known = self.of_kinds.get(self.tokens[place])
        return self.rows[place] if known is None or kind is None else known.get(kind, 0.0)


async def _sampled(
    connection: Connection, entries: float, tokens: list[str]
) -> tuple[dict[Kind, float], dict[str, dict[Kind, float]]]:
    """How many entries each kind has, and of each kind each token."""
    found = await connection.fetch(_OF_KINDS, min(100.0, 100 * SAMPLE / entries), tokens)
    each = entries / max(1, sum(row["n"] for row in found if row["token"] is None))
    kinds: dict[Kind, float] = {}
    of_kinds: dict[str, dict[Kind, float]] = {token: {} for token in tokens}
    for row in found:
        (kinds if row["token"] is None else of_kinds[row["token"]])[Kind(row["record_kind"])] = row["n"] * each
    return kinds, of_kinds
