"""The relay: numbers committed events in the order in which they became visible, and hands them to the broker.

One process leads, by an advisory lock on the very connection that numbers, so that whoever loses the connection no longer leads.
The others are told by the broker, or read the numbers themselves where it cannot carry them. A process that is killed between
the commit of a change and the push leaves the event in the outbox: without a number, and the next leader gives it one; or with
one, and the next leader fills the broker up with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

import asyncpg
import structlog

from crm import metrics
from crm.notify.brokers import Broker, Stamped
from crm.notify.outbox import numbered_after
from crm.services.topics import TOPICS
from crm.store.advisory import lock_key
from crm.store.database import Database, reason

BATCH = 500
POLL_SECONDS = 0.05
"""How long an event of another process waits at most; one of this process rings the bell at its commit."""
LEAD_SECONDS = 0.5
"""How often a process looks whether somebody leads, and whether it has been told all that has a number."""
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
    # Nor one that hangs: whoever lives says something twice a second.
    "idle_session_timeout": "5s",
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
_LOOK = """
SELECT s.epoch, s.last_seq, EXISTS (SELECT FROM pg_locks k WHERE k.locktype = 'advisory' AND k.granted
    AND k.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((k.classid::bigint << 32) | k.objid::bigint) = $1) AS staffed
FROM event_stream s WHERE s.id = 1
"""
_FORGET = """
WITH gone AS (DELETE FROM event WHERE id IN (
    SELECT id FROM event WHERE topic = $1 AND seq IS NOT NULL AND recorded_at < now() - $2::interval ORDER BY seq LIMIT $3)
    RETURNING seq)
INSERT INTO event_horizon (topic, seq) SELECT $1, max(seq) FROM gone HAVING max(seq) IS NOT NULL
ON CONFLICT (topic) DO UPDATE SET seq = greatest(event_horizon.seq, excluded.seq)
"""

LEAD, WORK = lock_key("relay"), lock_key("worker")

log = structlog.get_logger("crm.relay")


class Relay:
    """The relay of one process. `run` goes on until it is cancelled, over every failure of the database.

    A process that `works` does the background work. One that does not, because it serves beside such processes, leaves the lead
    to them as long as there is one: giving numbers must not wait for sockets. `staffed` says whether there is.
    """

    def __init__(
        self, database: Database, broker: Broker, restored: Callable[[], None] = lambda: None, *, works: bool = True
    ) -> None:
        self.database = database
        self.broker = broker
        self.restored = restored
        self.works = works
        self.staffed = True
        self.leading = False
        self._epoch: int | None = None
        self._caught_up = False
        self._behind = False
        self._pause = SHORTEST_PAUSE
        self._bell = asyncio.Event()

    async def run(self) -> None:
        """Lead or follow, and come back after a broken connection."""
        self.database.bells.add(self._committed)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.broker.run(self._bell.set))
                group.create_task(self._relay())
        finally:
            self.database.bells.discard(self._committed)

    async def _relay(self) -> None:
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

    async def _connected(self) -> None:
        connection = await asyncpg.connect(self.database.url, server_settings=SERVER, command_timeout=STATEMENT_SECONDS)
        try:
            if self.works:
                await connection.fetchval("SELECT pg_try_advisory_lock_shared($1)", WORK)
            loop = asyncio.get_running_loop()
            look_at = forget_at = loop.time()
            while True:
                self._bell.clear()
                if loop.time() >= look_at:
                    look_at = loop.time() + LEAD_SECONDS
                    await self._look_around(connection)
                moved = await self._follow(connection)
                self._pause = SHORTEST_PAUSE
                # Numbering before everything older was handed on would leave a gap that nothing ever fills.
                if self.leading and self._caught_up:
                    moved += await self._stamp(connection)
                    if loop.time() >= forget_at:
                        forget_at = loop.time() + (FORGET_SECONDS if await self._forget(connection) else 0)
                if moved < BATCH:
                    await self._rung(look_at - loop.time())
        finally:
            await asyncio.shield(connection.close(timeout=2))

    async def _look_around(self, connection: Any) -> None:
        """Take the lead if nobody has it, and see whether this still is the database that it was."""
        position = self.broker.position
        row = await connection.fetchrow(_LOOK, WORK)
        self.staffed = row["staffed"]
        await self._take_or_leave_the_lead(connection)
        again = self._epoch is not None
        if again and (row["epoch"] != self._epoch or row["last_seq"] < position):
            # Restored under us. Numbers start over, and every position that sockets hold belongs to the life before.
            log.warning("the database was restored")
            self._epoch = None
            self.restored()
        if self._epoch is None:
            # What others numbered up to here was not handed on in this process: whoever listens already looks it up.
            self._epoch = row["epoch"]
            self.broker.begin_anew(row["epoch"], row["last_seq"])
        else:
            metrics.relay_behind.set(max(row["last_seq"] - self.broker.position, 0))
            self._behind = row["last_seq"] > self.broker.position

    async def _take_or_leave_the_lead(self, connection: Any) -> None:
        if self.leading:
            if self.staffed and not self.works:
                self._lead(leading=False)
                await connection.fetchval("SELECT pg_advisory_unlock($1)", LEAD)
        elif self.works or not self.staffed:
            self._lead(leading=await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEAD))

    async def _stamp(self, connection: Any) -> int:
        rows = await connection.fetch(_STAMP, BATCH)
        if rows:
            await self.broker.publish([Stamped.of(row) for row in rows])
        return len(rows)

    async def _follow(self, connection: Any) -> int:
        """What other leaders have numbered and the broker has not brought. A leader has handed on itself what it numbered."""
        if self.leading and self._caught_up:
            return 0
        if self.broker.carries and not self._behind and not self.leading:
            return 0
        batch = await numbered_after(connection, self.broker.position, BATCH)
        self._behind = len(batch) == BATCH
        if batch:
            await self.broker.publish(batch)
        self._caught_up = self.leading and not self._behind
        return len(batch)

    async def _forget(self, connection: Any) -> bool:
        """Delete a batch of what is too old of each topic; whether that was all."""
        outcomes = [await connection.execute(_FORGET, topic.value, rule.kept, FORGET_BATCH) for topic, rule in TOPICS.items()]
        return all(outcome == "INSERT 0 0" for outcome in outcomes)

    def _committed(self, _: Collection[object]) -> None:
        self._bell.set()
        if not self.leading:
            self.broker.ring()

    async def _rung(self, until_look: float) -> None:
        # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the bell.
        idle = self.broker.carries and not self.leading
        with suppress(TimeoutError):
            async with asyncio.timeout(max(until_look, 0.001) if idle else POLL_SECONDS):
                await self._bell.wait()

    def _lead(self, *, leading: bool) -> None:
        if leading != self.leading:
            log.info("relay leads" if leading else "relay no longer leads")
            self.broker.lead(leading=leading)
        self.leading = leading
        self._caught_up = False
        metrics.relay_leads.set(1 if leading else 0)
