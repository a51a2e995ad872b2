"""What is listened to by record is found by the record, live and from the history, and by nobody who named others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from tests.notify.streams import ALICE, BOB, Flow, flowing

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.stream_cursors import StreamCursor
from crm.notify.feeds import Feed
from crm.notify.subscriptions import Edition, Subscription
from crm.services import events
from crm.services.system.accounts import system_deed
from crm.services.topics import STREAMS, Stream, Topic

ONE, TWO = new_id(Kind.PARTY), new_id(Kind.PARTY)
BOTH = frozenset({Topic.RECORD_CHANGES, Topic.CALL_UPDATES})


@pytest.fixture
async def flow(database) -> AsyncIterator[Flow]:
    async with flowing(database) as opened:
        yield opened


async def listen(flow: Flow, person: UUID, *records: UUID, after: str | None = None) -> tuple[Subscription, Feed]:
    feed = Feed()
    return await flow.hub.subscribe(Stream.EVENTS, person, None, feed, after, BOTH, frozenset(records)), feed


async def tell(flow: Flow, topic: Topic, record_id: UUID) -> None:
    async with system_deed(flow.database, "test") as deed:
        await events.record(deed, topic, record_id)


async def heard(feed: Feed, count: int) -> list[UUID]:
    found: list[Edition] = []
    async for edition in feed:
        found.append(edition)
        if len(found) == count:
            break
    return [edition.event.record_id for edition in found]


async def test_an_event_finds_who_named_its_record_and_other_topics_find_everybody(flow: Flow):
    (first, alice), (_, bob) = await listen(flow, ALICE, ONE), await listen(flow, BOB, TWO)
    call = new_id(Kind.CALL)
    for topic, record in ((Topic.RECORD_CHANGES, ONE), (Topic.RECORD_CHANGES, TWO), (Topic.CALL_UPDATES, call)):
        await tell(flow, topic, record)
    assert await heard(alice, 2) == [ONE, call]
    assert await heard(bob, 2) == [TWO, call]
    flow.hub.leave(first)
    await tell(flow, Topic.RECORD_CHANGES, ONE)
    await tell(flow, Topic.CALL_UPDATES, call)
    assert await heard(bob, 1) == [call]
    assert not alice._waiting


async def test_who_was_away_finds_only_what_they_named(flow: Flow):
    stand = await flow.hub.history.stand()
    start = str(StreamCursor(stand.epoch, STREAMS[Stream.EVENTS].number, stand.last))
    for record in (ONE, TWO, ONE):
        await tell(flow, Topic.RECORD_CHANGES, record)
    call = new_id(Kind.CALL)
    await tell(flow, Topic.CALL_UPDATES, call)
    _, feed = await listen(flow, ALICE, ONE, after=start)
    assert await heard(feed, 3) == [ONE, ONE, call]
