"""What is for a few people goes before what is being written to many, and never for so long that the many are forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from tests.notify.streams import ALICE, BOB, CAROL, Flow, Plain, commit, flowing

from crm.notify import deliveries, dispatch
from crm.notify.brokers import Event
from crm.notify.lanes import Lane
from crm.notify.subscriptions import Printed, Ready, Subscription
from crm.services.topics import Topic


class Held(Plain):
    """Reminders are printed when they are let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.let_go = asyncio.Event(), asyncio.Event()

    async def print(self, event: Event, cursor: str, subscribers: Sequence[Subscription], ready: Ready | None = None) -> Printed:
        if event.topic is Topic.REMINDERS:
            self.begun.set()
            await self.let_go.wait()
        return await super().print(event, cursor, subscribers, ready)


@pytest.fixture
async def stream(database, monkeypatch):
    monkeypatch.setattr(deliveries, "CHUNK", 1)
    monkeypatch.setattr(dispatch, "CHUNK", 1)
    monkeypatch.setattr(deliveries, "GIVES_WAY", 30.0)
    async with flowing(database, Held()) as opened:
        yield opened


async def test_thousands_wait_for_one(stream: Flow, database):
    async with AsyncExitStack() as stack:
        many = [await stack.enter_async_context(stream.ear(person)) for person in (ALICE, BOB, CAROL)]
        one = await stack.enter_async_context(stream.ear(ALICE, topic=Topic.REMINDERS))
        reminder = await commit(database, ALICE, topic=Topic.REMINDERS)
        await asyncio.wait_for(stream.press.begun.wait(), 5)
        call = await commit(database)
        async with asyncio.timeout(5):
            while not any(ear.heard for ear in many):
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        assert sum(bool(ear.heard) for ear in many) == 1, "the first piece is written, and then it gives way"
        stream.press.let_go.set()
        await one.has([reminder])
        for ear in many:
            await ear.has([call])


async def test_they_do_not_wait_for_ever(stream: Flow, database, monkeypatch):
    monkeypatch.setattr(deliveries, "GIVES_WAY", 0.05)
    async with AsyncExitStack() as stack:
        many = [await stack.enter_async_context(stream.ear(person)) for person in (ALICE, BOB, CAROL)]
        await stack.enter_async_context(stream.ear(ALICE, topic=Topic.REMINDERS))
        await commit(database, ALICE, topic=Topic.REMINDERS)
        await asyncio.wait_for(stream.press.begun.wait(), 5)
        call = await commit(database)
        for ear in many:
            await ear.has([call])


async def test_what_stands_behind_them_in_their_own_stream_is_not_waited_for(stream: Flow, database):
    async with AsyncExitStack() as stack:
        ears = {person: await stack.enter_async_context(stream.ear(person)) for person in (ALICE, BOB, CAROL)}
        stream.press.pause = 0.05  # so that both are there before the first is written
        everybody, alone = await commit(database), await commit(database, ALICE)
        await ears[ALICE].has([everybody, alone])
        await ears[CAROL].has([everybody])


async def test_whoever_is_stopped_holds_nobody_up(stream: Flow, database):
    lane: Lane = stream.hub._lane
    async with stream.ear(ALICE, topic=Topic.REMINDERS):
        await commit(database, ALICE, topic=Topic.REMINDERS)
        await asyncio.wait_for(stream.press.begun.wait(), 5)
        assert lane._under_way == 1
        stream.hub.stop()
        async with asyncio.timeout(5):
            while lane._under_way:
                await asyncio.sleep(0.005)
