"""The history of streams, read from the outbox: what somebody missed, and where the stream stands."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import orjson

from crm.notify.brokers import Event
from crm.services.topics import Topic
from crm.store.database import Database

SCAN = 2000
"""Events that one statement looks at: somebody for whom none of a million is must not have them all read at once."""

_HORIZONS = "(SELECT coalesce(json_object_agg(h.topic, h.seq), '{}')::text FROM event_horizon h)"
_STANDS = f"SELECT s.epoch, s.last_seq, {_HORIZONS} AS horizons, e.epoch AS rights FROM event_stream s, rights_epoch e"
_SINCE = f"""
WITH part AS MATERIALIZED (
    SELECT e.seq, e.topic, e.record_id, e.audience FROM unnest($1::text[]) AS t(topic) CROSS JOIN LATERAL (
        SELECT * FROM event WHERE topic = t.topic AND seq > $2 ORDER BY seq LIMIT $4) e
    ORDER BY e.seq LIMIT $4)
SELECT s.scanned, s.size, s.horizons, p.seq, p.topic, p.record_id, p.audience FROM (
    SELECT max(seq) AS scanned, count(*) AS size, {_HORIZONS} AS horizons FROM part) s
LEFT JOIN part p ON p.audience = '{{}}' OR p.audience && $3::uuid[] ORDER BY p.seq
"""


@dataclass(frozen=True, slots=True)
class Stand:
    """Where all streams stand: their epoch, the last number given, and the last that was forgotten of each topic.

    `rights` is the epoch of everybody's rights at that moment: whoever was known before it has to be looked at again.
    """

    epoch: int
    last: int
    horizons: Mapping[str, int]
    rights: int

    def horizon(self, topics: Collection[Topic]) -> int:
        """The last number of these topics that was forgotten: a position before it has lost something."""
        return horizon(self.horizons, topics)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of history: what of it was meant for some people, how far it reaches, and whether more follows.

    `horizons` is what has been forgotten by now; whoever stood before it has missed something.
    """

    events: list[Event]
    scanned: int
    more: bool
    horizons: Mapping[str, int]


class History:
    """Reads the outbox of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._next: asyncio.Task[Stand] | None = None
        self._under_way = asyncio.Lock()

    async def stand(self) -> Stand:
        """Where the streams stand now.

        Whoever asks while a look is under way shares the next one: of thousands that come back at once each would ask the same.
        """
        if self._next is None:
            self._next = asyncio.create_task(self._looked())
        return await asyncio.shield(self._next)

    async def since(self, topics: Collection[Topic], seq: int, people: Collection[UUID]) -> Part:
        """The next stretch of these topics after a number, with what was meant for these people or for whoever may see."""
        async with self.database.connection() as connection:
            rows = await connection.fetch(_SINCE, [topic.value for topic in topics], seq, list(people), SCAN)
        events = [Event.of(row) for row in rows if row["seq"] is not None]
        first = rows[0]
        return Part(events, first["scanned"] or seq, first["size"] == SCAN, orjson.loads(first["horizons"]))

    async def _looked(self) -> Stand:
        async with self._under_way:
            self._next = None
            async with self.database.connection() as connection:
                row = await connection.fetchrow(_STANDS)
        return Stand(row["epoch"], row["last_seq"], orjson.loads(row["horizons"]), row["rights"])


def horizon(horizons: Mapping[str, int], topics: Collection[Topic]) -> int:
    """The last number of these topics that was forgotten."""
    return max((horizons.get(topic.value, 0) for topic in topics), default=0)
