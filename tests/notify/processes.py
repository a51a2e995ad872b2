"""Processes of one system as far as news are concerned: each with a broker, a relay, and a note of what its readers were told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from redis.asyncio import Redis

from crm.notify.brokers import Broker, Event, broker_for
from crm.notify.brokers.stream import EventStream
from crm.notify.relay import Relay
from crm.services.events import new_epoch
from crm.store.database import Database

PATIENCE = 10.0
"""Within this everything must be right again, whatever happened."""


@dataclass
class Process:
    """One of them."""

    database: Database
    broker: Broker
    relay: Relay
    running: asyncio.Task[None]
    heard: list[Event] = field(default_factory=list)
    lapses: int = 0

    @property
    def records(self) -> list[UUID]:
        return [event.record_id for event in self.heard]

    @property
    def seqs(self) -> list[int]:
        return [event.seq for event in self.heard]

    async def has(self, wanted: list[UUID], within: float = PATIENCE) -> None:
        """Wait until exactly these were told, in this order."""
        async with asyncio.timeout(within):
            while len(self.heard) < len(wanted):
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert self.records == wanted

    async def stop(self) -> None:
        """It is gone, with all it held in memory."""
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    def lapse(self) -> None:
        self.lapses += 1


@asynccontextmanager
async def process(
    database: Database, redis_url: str | None = None, *, history: int = 10_000, works: bool = True
) -> AsyncIterator[Process]:
    """One that runs for as long as the block lasts, and has begun."""
    own = replace(database, bells=set())
    broker = broker_for(own, redis_url, history)
    relay = Relay(own, broker, works=works)
    one = Process(own, broker, relay, asyncio.create_task(relay.run()))
    broker.read(one.heard.append, one.lapse)
    try:
        await until(lambda: one.lapses > 0 and one.broker.verdict() == "ok" and (redis_url is None or one.broker.carries))
        yield one
    finally:
        await one.stop()


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]], within: float = PATIENCE, every: float = 0.005
) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(within):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(every)


async def own_epoch(database: Database) -> int:
    """A life of its own for a test's database: all of them are copies of one, and the tests share a Redis."""
    epoch = new_epoch()
    async with database.connection() as connection:
        await connection.execute("UPDATE event_stream SET epoch = $1", epoch)
    return epoch


async def outbox(database: Database) -> list[int]:
    """The numbers it holds."""
    async with database.connection() as connection:
        return [row["seq"] for row in await connection.fetch("SELECT seq FROM event WHERE seq IS NOT NULL ORDER BY seq")]


async def stream(url: str, epoch: int) -> list[int]:
    """The numbers that Redis holds."""
    client = Redis.from_url(url)
    try:
        found = await client.xrange(EventStream(epoch, 1).key)
    finally:
        await client.aclose()
    assert all(key.endswith(b"-0") for key, _ in found)
    return [int(key.partition(b"-")[0]) for key, _ in found]
