"""Whose answer is ready is told, whoever else's takes longer: in the order of events all the same, and once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from tests.notify.streams import ALICE, BOB, Flow, Plain, commit, flowing

from crm.notify import dispatch
from crm.notify.brokers import Event
from crm.notify.subscriptions import Edition, Printed, Ready, Subscription


class Uneven(Plain):
    """Alice's answers are ready at once, Bob's when he is let go on: by record."""

    def __init__(self) -> None:
        super().__init__()
        self.bobs: dict[UUID, asyncio.Event] = {}
        self.readied: list[UUID] = []
        self.error: Exception | None = None

    async def print(self, event: Event, cursor: str, subscribers: Sequence[Subscription], ready: Ready | None = None) -> Printed:
        editions = [(Edition(event, cursor, event.record_id.bytes), [each]) for each in subscribers]
        assert ready is not None
        for edition, those in editions:
            if those[0].person == ALICE:
                ready(edition, those)
                self.readied.append(event.record_id)
        await self.bobs.setdefault(event.record_id, asyncio.Event()).wait()
        if self.error is not None:
            raise self.error
        return Printed(editions)

    async def is_at(self, record: UUID) -> None:
        async with asyncio.timeout(5):
            while record not in self.readied:
                await asyncio.sleep(0.005)

    def go_on(self, record: UUID) -> None:
        self.bobs.setdefault(record, asyncio.Event()).set()


@pytest.fixture
async def stream(database):
    async with flowing(database, Uneven()) as opened:
        yield opened


async def test_nobody_waits_for_the_answer_of_another_and_nobody_is_told_twice(stream: Flow, database):
    async with stream.ear(ALICE) as alice, stream.ear(BOB) as bob:
        record = await commit(database, ALICE, BOB)
        await alice.has([record])
        assert bob.heard == []
        stream.press.go_on(record)
        await bob.has([record])
        await alice.has([record])


async def test_an_event_is_not_told_before_the_one_before_it_is_told_to_all(stream: Flow, database):
    async with stream.ear(ALICE) as alice, stream.ear(BOB) as bob:
        first = await commit(database, ALICE, BOB)
        await alice.has([first])
        second = await commit(database, ALICE, BOB)
        await stream.press.is_at(second)
        await alice.has([first])
        stream.press.go_on(first)
        await alice.has([first, second])
        await bob.has([first])
        stream.press.go_on(second)
        await bob.has([first, second])
        await alice.has([first, second])


async def test_what_was_ready_too_long_ago_waits_for_the_rest_and_is_judged_anew(stream: Flow, database, monkeypatch):
    async with stream.ear(ALICE) as alice, stream.ear(BOB) as bob:
        first, second = await commit(database, ALICE, BOB), await commit(database, ALICE, BOB)
        await stream.press.is_at(second)
        monkeypatch.setattr(dispatch, "FRESH_SECONDS", -1.0)
        stream.press.go_on(first)
        await bob.has([first])
        await alice.has([first])
        stream.press.go_on(second)
        await bob.has([first, second])
        await alice.has([first, second])
        assert stream.press.readied.count(second) == 2


async def test_where_the_rest_fails_only_those_who_were_not_told_come_back(stream: Flow, database, monkeypatch):
    monkeypatch.setattr(dispatch.log, "warning", lambda *_, **__: None)
    async with stream.ear(ALICE) as alice, stream.ear(BOB) as bob:
        record = await commit(database, ALICE, BOB)
        await alice.has([record])
        stream.press.error = TimeoutError()
        stream.press.go_on(record)
        async with asyncio.timeout(5):
            while bob.subscription.open:
                await asyncio.sleep(0.005)
        assert alice.subscription.open
        assert bob.heard == []
