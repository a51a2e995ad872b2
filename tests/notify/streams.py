"""Events without records: an outbox to write to, a hub that listens, and what arrived."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.stream_cursors import read_stream_cursor
from crm.notify.brokers import Event, MemoryBroker
from crm.notify.feeds import Feed
from crm.notify.history import History
from crm.notify.hub import Hub
from crm.notify.relay import Relay
from crm.notify.subscriptions import Edition, Printed, Ready, Subscription
from crm.services import events
from crm.services.system.accounts import system_deed
from crm.services.topics import TOPICS, Topic
from crm.store.database import Database

TOPIC = Topic.INCOMING_CALLS
ALICE, BOB, CAROL = (new_id(Kind.USER) for _ in range(3))


class Plain:
    """A press that shows the event itself; `blind` says for which records there is nothing to see."""

    def __init__(self) -> None:
        self.blind: set[UUID] = set()
        self.pause = 0.0

    async def print(self, event: Event, cursor: str, subscribers: Sequence[Subscription], ready: Ready | None = None) -> Printed:
        await asyncio.sleep(self.pause)
        if event.record_id in self.blind:
            return Printed()
        return Printed([(Edition(event, cursor, event.record_id.bytes), list(subscribers))])


class _Undone(Exception):
    pass


async def commit(database: Database, *people: UUID, topic: Topic = TOPIC, rollback: bool = False) -> UUID:
    """One deed that records one event."""
    record = new_id(Kind.CALL)
    with suppress(_Undone):
        async with system_deed(database, "test") as deed:
            await events.record(deed, topic, record, people)
            if rollback:
                raise _Undone
    return record


@dataclass
class Ear:
    """Somebody listening: what arrived, in order."""

    subscription: Subscription
    feed: Feed
    heard: list[UUID] = field(default_factory=list)
    cursors: list[str] = field(default_factory=list)

    async def run(self) -> None:
        async for edition in self.feed:
            self.heard.append(UUID(bytes=edition.body))
            self.cursors.append(edition.cursor)

    async def has(self, wanted: Iterable[UUID]) -> None:
        """Wait until exactly these have arrived, in this order."""
        expected = list(wanted)
        async with asyncio.timeout(5):
            while len(self.heard) < len(expected):
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert self.heard == expected

    @property
    def seqs(self) -> list[int]:
        return [read_stream_cursor(cursor).seq for cursor in self.cursors]


@dataclass
class Flow:
    """A relay, its broker, and a hub over one database."""

    database: Database
    hub: Hub
    broker: MemoryBroker
    relay: Relay
    press: Plain

    @asynccontextmanager
    async def ear(self, person: UUID, after: str | None = None, *, topic: Topic = TOPIC) -> AsyncIterator[Ear]:
        feed = Feed()
        ear = Ear(await self.hub.subscribe(TOPICS[topic].stream, person, None, feed, after), feed)
        running = asyncio.create_task(ear.run())
        try:
            yield ear
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            self.hub.leave(ear.subscription)


@asynccontextmanager
async def flowing(database: Database, press: Plain | None = None) -> AsyncIterator[Flow]:
    """A process's worth of news; leave the block and it is gone, with all it held in memory."""
    broker, press = MemoryBroker(), press or Plain()
    hub = Hub(broker, History(database), press)
    relay = Relay(database, broker)
    running = asyncio.create_task(relay.run())
    try:
        yield Flow(database, hub, broker, relay, press)
    finally:
        running.cancel()
        hub.stop()
        await asyncio.gather(running, return_exceptions=True)
