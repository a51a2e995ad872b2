"""The outbox as it is read in the order of its numbers: the truth that brokers are filled from."""

from __future__ import annotations

from typing import Any

from crm.notify.brokers.events import Stamped
from crm.store.database import Database

_AFTER = "SELECT seq, topic, record_id, audience, recorded_at FROM event WHERE seq > $1 ORDER BY seq LIMIT $2"


async def numbered_after(connection: Any, seq: int, limit: int) -> list[Stamped]:
    """The next events after a number, over this connection."""
    return [Stamped.of(row) for row in await connection.fetch(_AFTER, seq, limit)]


class Outbox:
    """Reads the numbered events of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def after(self, seq: int, limit: int) -> list[Stamped]:
        """The next events after a number."""
        async with self.database.connection() as connection:
            return await numbered_after(connection, seq, limit)

    async def last(self) -> int:
        """The last number that was given."""
        async with self.database.connection() as connection:
            return int(await connection.fetchval("SELECT last_seq FROM event_stream WHERE id = 1"))
