"""The relay: numbers committed events in the order in which they became visible, and hands them to the broker.

One process leads, by an advisory lock on the very connection that numbers, so that whoever loses the connection no longer leads.
The others follow the numbers it gives. A process that is killed between the commit of a change and the push leaves the event in
the outbox: without a number, and the next leader gives it one; or with one, and clients find it by their cursors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg
import structlog

from crm import metrics
from crm.notify.brokers import Broker, Event
from crm.services.topics import TOPICS
from crm.store.advisory import lock_key
from crm.store.database import Database, reason

BATCH = 500
POLL_SECONDS = 0.05
"""How long an event of another process waits at most; one of this process rings the bell at its commit."""
LEAD_SECONDS = 1.0
FORGET_SECONDS = 3600.0
FORGET_BATCH = 5000
"""Deleted on the connection that numbers: half a second for 600,000 rows is half a second without a push."""
STATEMENT_SECONDS = 10.0
SERVER = {
    "application_name": "crm relay",
    # A leader whose host is lost must not hold the lock until the kernel gives up, two hours later.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 5.0

_STAMP = """
WITH stream AS (SELECT last_seq FROM event_stream WHERE id = 1 FOR UPDATE),
    waiting AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM
        (SELECT id FROM event WHERE seq IS NULL ORDER BY id LIMIT $1) w),
    stamped AS (UPDATE event e SET seq = stream.last_seq + waiting.place FROM stream, waiting
        WHERE e.id = waiting.id AND e.seq IS NULL RETURNING e.seq, e.topic, e.record_id, e.audience, e.recorded_at),
    moved AS (UPDATE event_stream SET last_seq = (SELECT max(seq) FROM stamped)
        WHERE id = 1 AND EXISTS (SELECT FROM stamped))
SELECT * FROM stamped ORDER BY seq
"""
_FOLLOW = "SELECT seq, topic, record_id, audience, recorded_at FROM event WHERE seq > $1 ORDER BY seq LIMIT $2"
_FORGET = """
WITH gone AS (DELETE FROM event WHERE id IN (
    SELECT id FROM event WHERE topic = $1 AND seq IS NOT NULL AND recorded_at < now() - $2::interval ORDER BY seq LIMIT $3)
    RETURNING seq)
INSERT INTO event_horizon (topic, seq) SELECT $1, max(seq) FROM gone HAVING max(seq) IS NOT NULL
ON CONFLICT (topic) DO UPDATE SET seq = greatest(event_horizon.seq, excluded.seq)
"""

_KNOWN = frozenset(topic.value for topic in TOPICS)

log = structlog.get_logger("crm.relay")


class Relay:
    """The relay of one process. `run` goes on until it is cancelled, over every failure of the database."""

    def __init__(self, database: Database, broker: Broker, restored: Callable[[], None] = lambda: None) -> None:
        self.database = database
        self.broker = broker
        self.restored = restored
        self._epoch: int | None = None
        self.leading = False
        self._last: int | None = None
        self._caught_up = False
        self._pause = SHORTEST_PAUSE
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Lead or follow, and come back after a broken connection."""
        self.database.bells.add(self._bell.set)
        try:
            while True:
                try:
                    await self._connected()
                except Exception as error:  # noqa: BLE001 - a relay that ended would lose no event and deliver none
                    # A connection that the server ends under us raises five kinds of error, one of them asyncpg's own confusion.
                    log.warning("relay interrupted", reason=type(error).__name__, what=reason(error), again_in=self._pause)
                    await asyncio.sleep(self._pause)
                    self._pause = min(self._pause * 2, LONGEST_PAUSE)
                finally:
                    self._lead(leading=False)
        finally:
            self.database.bells.discard(self._bell.set)

    async def _connected(self) -> None:
        connection = await asyncpg.connect(self.database.url, server_settings=SERVER, command_timeout=STATEMENT_SECONDS)
        try:
            loop = asyncio.get_running_loop()
            lead_at = forget_at = loop.time()
            while True:
                self._bell.clear()
                if loop.time() >= lead_at:
                    lead_at = loop.time() + LEAD_SECONDS
                    await self._look_around(connection)
                moved = await self._follow(connection)
                self._pause = SHORTEST_PAUSE
                # Numbering before everything older was published would leave a gap that nothing ever fills.
                if self.leading and self._caught_up:
                    moved += await self._stamp(connection)
                    if loop.time() >= forget_at:
                        forget_at = loop.time() + (FORGET_SECONDS if await self._forget(connection) else 0)
                if moved < BATCH:
                    await self._rung()
        finally:
            await asyncio.shield(connection.close(timeout=2))

    async def _look_around(self, connection: Any) -> None:
        """Take the lead if nobody has it, and see whether this still is the database that it was."""
        if not self.leading:
            self._lead(leading=await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock_key("relay")))
        row = await connection.fetchrow("SELECT epoch, last_seq FROM event_stream WHERE id = 1")
        if self._epoch is not None and row["epoch"] != self._epoch:
            # Restored under us. Numbers start over, and every position that sockets hold belongs to the life before.
            log.warning("the database was restored")
            self._last = None
            self.restored()
        self._epoch = row["epoch"]
        if self._last is None:
            # What others numbered up to here was not published in this process: whoever listens already looks it up.
            self._last = row["last_seq"]
            self.broker.begin_anew()

    async def _stamp(self, connection: Any) -> int:
        rows = await connection.fetch(_STAMP, BATCH)
        await self._publish(rows)
        return len(rows)

    async def _follow(self, connection: Any) -> int:
        """What other leaders have numbered. A leader itself has seen all it numbered, so this is for the time before."""
        if self.leading and self._caught_up:
            return 0
        rows = await connection.fetch(_FOLLOW, self._last, BATCH)
        await self._publish(rows)
        self._caught_up = self.leading and len(rows) < BATCH
        return len(rows)

    async def _publish(self, rows: list[Any]) -> None:
        for row in rows:
            if row["topic"] in _KNOWN:
                await self.broker.publish(Event.of(row))
            else:  # of another version of the product, which deploys beside this one; it must not hold up the rest
                log.warning("event of an unknown topic", topic=row["topic"], seq=row["seq"])
            self._last = row["seq"]
            metrics.relay_seconds.observe((datetime.now(UTC) - row["recorded_at"]).total_seconds())

    async def _forget(self, connection: Any) -> bool:
        """Delete a batch of what is too old of each topic; whether that was all."""
        outcomes = [await connection.execute(_FORGET, topic.value, rule.kept, FORGET_BATCH) for topic, rule in TOPICS.items()]
        return all(outcome == "INSERT 0 0" for outcome in outcomes)

    async def _rung(self) -> None:
        # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the bell.
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._bell.wait()

    def _lead(self, *, leading: bool) -> None:
        if leading != self.leading:
            log.info("relay leads" if leading else "relay no longer leads")
        self.leading = leading
        self._caught_up = False
        metrics.relay_leads.set(1 if leading else 0)
