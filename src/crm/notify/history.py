"""The history of streams, read from the outbox: what somebody missed, and where the stream stands."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from crm.notify.brokers import Event
from crm.services.topics import Topic
from crm.store.database import Database

SCAN = 2000
"""Events that one statement looks at: somebody for whom none of a million is must not have them all read at once."""

_STANDS = """
SELECT s.epoch, s.last_seq, coalesce((SELECT max(h.seq) FROM event_horizon h WHERE h.topic = ANY($1)), 0) AS horizon
FROM event_stream s
"""
_SINCE = """
WITH part AS MATERIALIZED (
    SELECT e.seq, e.topic, e.record_id, e.audience FROM unnest($1::text[]) AS t(topic) CROSS JOIN LATERAL (
        SELECT * FROM event WHERE topic = t.topic AND seq > $2 ORDER BY seq LIMIT $4) e
    ORDER BY e.seq LIMIT $4)
SELECT s.scanned, s.size, s.horizon, p.seq, p.topic, p.record_id, p.audience FROM (
    SELECT max(seq) AS scanned, count(*) AS size,
        coalesce((SELECT max(h.seq) FROM event_horizon h WHERE h.topic = ANY($1)), 0) AS horizon FROM part) s
LEFT JOIN part p ON p.audience = '{}' OR $3 = ANY(p.audience) ORDER BY p.seq
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a stream stands: its epoch, its last number, and the last number of these topics that has been forgotten."""

    epoch: int
    last: int
    horizon: int


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of history: what of it was meant for one person, how far it reaches, and whether more follows.

    `horizon` is what has been forgotten by now; whoever stood before it has missed something.
    """

    events: list[Event]
    scanned: int
    more: bool
    horizon: int


class History:
    """Reads the outbox of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def stand(self, topics: Collection[Topic]) -> Stand:
        """Where the stream of these topics stands now."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_STANDS, [topic.value for topic in topics])
        return Stand(row["epoch"], row["last_seq"], row["horizon"])

    async def since(self, topics: Collection[Topic], seq: int, person: UUID) -> Part:
        """The next stretch of these topics after a number, with what was meant for this person or for whoever may see."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_SINCE, [topic.value for topic in topics], seq, person, SCAN)
        events = [Event.of(row) for row in rows if row["seq"] is not None]
        return Part(events, rows[0]["scanned"] or seq, rows[0]["size"] == SCAN, rows[0]["horizon"])
