"""What is asked for: as many different sets of variables as there are requests worth telling apart, from the data itself.

All of it is within the viewer's sight, evenly spread over what they see, and the same in every run.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncpg

SETS = 200
PAGE = 50
LIFECYCLES = ("LEAD", "PROSPECT", "ACTIVE", "DORMANT", "LOST")

_SEEN = """
WITH me AS (SELECT id FROM user_account WHERE username = $1),
staff AS (SELECT id FROM me UNION SELECT c.subordinate_id FROM reporting_closure c JOIN me ON c.superior_id = me.id),
seen AS MATERIALIZED (
  SELECT p.id, p.updated_at FROM party p WHERE p.type = 'CUSTOMER' AND (p.owner_id IN (SELECT id FROM staff)
    OR EXISTS (SELECT FROM share s JOIN me ON s.principal_id = me.id WHERE s.record_id = p.id))
)
"""
_FULLEST = f"""{_SEEN} SELECT s.id FROM seen s ORDER BY
  least((SELECT count(*) FROM contact c WHERE c.party_id = s.id), 10) +
  least((SELECT count(*) FROM activity a WHERE a.party_id = s.id), 20) DESC, s.id LIMIT $2"""
_INSTANTS = f"{_SEEN} SELECT updated_at FROM seen ORDER BY updated_at DESC"
_SIZES = """SELECT
  (SELECT count(*) FROM reporting_closure c WHERE c.superior_id = u.id AND c.subordinate_id <> u.id),
  (SELECT count(*) FROM share s WHERE s.principal_id = u.id) FROM user_account u WHERE u.username = $1"""

Sets = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """The sets of each document for one viewer, and what the viewer sees."""

    sets: Mapping[str, Sets]
    seen: int
    subordinates: int
    shares: int

    @property
    def said(self) -> str:
        return f"{self.subordinates:,} subordinates, {self.shares:,} shares, sees {self.seen:,} customers"


async def asked_by(url: str, username: str, count: int = SETS) -> Asked:
    """Q1 asks for the customers with the most around them; Q2 and Q3 for pages that begin all over the list."""
    connection = await asyncpg.connect(url)
    try:
        ids = [str(row["id"]) for row in await connection.fetch(_FULLEST, username, count)]
        instants = [row["updated_at"] for row in await connection.fetch(_INSTANTS, username)]
        subordinates, shares = await connection.fetchrow(_SIZES, username)
    finally:
        await connection.close()
    random.Random(1).shuffle(ids)
    begins = spread(instants, count)
    sets = {
        "q1": [{"id": key} for key in ids],
        "q2": [{"before": begin} for begin in begins],
        "q3": [{"before": begin, "lifecycle": LIFECYCLES[place % len(LIFECYCLES)]} for place, begin in enumerate(begins)],
    }
    return Asked(sets, len(instants), subordinates, shares)


def spread(instants: Sequence[datetime], count: int) -> list[str]:
    """Instants (newest first) to begin a page at, evenly spread, with room for whole pages after the last."""
    room = max(len(instants) - min(len(instants) // 2, PAGE * 2 * len(LIFECYCLES)), 1)
    chosen = [instants[place * room // count] + timedelta(microseconds=1) for place in range(min(count, room))]
    random.Random(2).shuffle(chosen)
    return [each.isoformat() for each in chosen]
