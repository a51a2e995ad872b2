"""The history of topics, read from the outbox: what somebody missed, and where the stream stands."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crm.notify.brokers import Event
from crm.services.topics import Topic
from crm.store.database import Database

BATCH = 200

_STANDS = """
SELECT s.epoch, s.last_seq, coalesce((SELECT h.seq FROM event_horizon h WHERE h.topic = $1), 0) AS horizon FROM event_stream s
"""
_SINCE = """
SELECT seq, topic, record_id, audience FROM event
WHERE topic = $1 AND seq > $2 AND (audience = '{}' OR $3 = ANY(audience)) ORDER BY seq LIMIT $4
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a topic's stream stands: its epoch, its last number, and the last number that has been forgotten."""

    epoch: int
    last: int
    horizon: int


class History:
    """Reads the outbox of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def stand(self, topic: Topic) -> Stand:
        """Where the stream stands now."""
        async with self.database.connection() as connection:
            row = await connection.fetchrow(_STANDS, topic.value)
        return Stand(row["epoch"], row["last_seq"], row["horizon"])

    async def since(self, topic: Topic, seq: int, person: UUID) -> list[Event]:
        """The next events of a topic that were meant for this person, or for whoever may see; at most `BATCH`."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_SINCE, topic.value, seq, person, BATCH)
        return [Event.of(row) for row in rows]
