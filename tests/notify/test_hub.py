"""Every event once, in order, for whom it is meant, over every gap; and never a silent loss."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest
from tests.notify.streams import ALICE, BOB, CAROL, Flow, commit, flowing

from crm import metrics
from crm.core.errors import BadUserInput, HistoryGone
from crm.core.stream_cursors import StreamCursor, read_stream_cursor
from crm.notify import dispatch, feeds, history, relay
from crm.notify.brokers import Event
from crm.notify.relay import _FORGET
from crm.services.topics import STREAMS, WEEK, Stream, Topic


@pytest.fixture
async def stream(database) -> AsyncIterator[Flow]:
    async with flowing(database) as opened:
        yield opened


async def test_what_is_committed_arrives_in_order(stream, database):
    async with stream.ear(ALICE) as ear:
        await ear.has([await commit(database, ALICE) for _ in range(20)])
        assert ear.seqs == sorted(set(ear.seqs))


async def test_what_is_rolled_back_never_arrives(stream, database):
    async with stream.ear(ALICE) as ear:
        await commit(database, ALICE, rollback=True)
        await ear.has([await commit(database, ALICE)])


async def test_it_arrives_for_its_audience_only(stream, database):
    async with stream.ear(ALICE) as alice, stream.ear(BOB) as bob, stream.ear(CAROL) as carol:
        first, second, third = await commit(database, ALICE), await commit(database, ALICE, BOB), await commit(database)
        await alice.has([first, second, third])
        await bob.has([second, third])
        await carol.has([third])


async def test_topics_do_not_mix(stream, database):
    async with stream.ear(ALICE) as calls, stream.ear(ALICE, topic=Topic.REMINDERS) as reminders:
        call, reminder = await commit(database, ALICE), await commit(database, ALICE, topic=Topic.REMINDERS)
        await calls.has([call])
        await reminders.has([reminder])


async def test_two_subscriptions_of_one_person_both_hear(stream, database):
    async with stream.ear(ALICE) as first, stream.ear(ALICE) as second:
        record = await commit(database, ALICE)
        await first.has([record])
        await second.has([record])


async def test_what_may_not_be_seen_is_skipped_and_the_rest_goes_on(stream, database):
    shown = stream.press
    async with stream.ear(ALICE) as ear:
        first = await commit(database, ALICE)
        await ear.has([first])
        shown.pause = 0.05
        hidden = await commit(database, ALICE)
        shown.blind.add(hidden)
        last = await commit(database, ALICE)
        await ear.has([first, last])


async def test_without_a_cursor_nothing_old_arrives(stream, database):
    await commit(database, ALICE)
    async with stream.ear(ALICE) as ear:
        # The event before may still be without a number: it was committed first, but nobody had been told of it.
        await asyncio.sleep(0.1)
        ear.heard.clear()
        await ear.has([await commit(database, ALICE)])


async def test_a_cursor_goes_on_exactly_where_it_stood(stream, database):
    async with stream.ear(ALICE) as ear:
        before = [await commit(database, ALICE) for _ in range(5)]
        await ear.has(before)
    missed = [await commit(database, ALICE) for _ in range(5)]
    for place in range(5):
        async with stream.ear(ALICE, ear.cursors[place]) as again:
            await again.has(before[place + 1 :] + missed)


async def test_a_cursor_outlives_the_process(database):
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        first = await commit(database, ALICE)
        await ear.has([first])
    missed = [await commit(database, ALICE) for _ in range(3)]
    async with flowing(database) as stream, stream.ear(ALICE, ear.cursors[-1]) as again:
        later = await commit(database, ALICE)
        await again.has([*missed, later])


async def test_a_long_history_is_read_in_parts(stream, database, monkeypatch):
    monkeypatch.setattr(history, "SCAN", 7)
    async with stream.ear(ALICE) as ear:
        first = await commit(database, ALICE)
        await ear.has([first])
    records = [await commit(database, ALICE) for _ in range(30)]
    async with stream.ear(ALICE, ear.cursors[0]) as again:
        records.append(await commit(database, ALICE))
        await again.has(records)


async def test_whoever_is_slow_misses_nothing(stream, database, monkeypatch):
    """A slow press, and a ring that forgets at once."""
    monkeypatch.setattr(dispatch, "LONGEST_RING", 3)
    monkeypatch.setattr(dispatch, "FRESH_SECONDS", 0.005)
    stream.press.pause = 0.01
    async with stream.ear(ALICE) as ear:
        await ear.has([await commit(database, ALICE) for _ in range(25)])


async def test_whoever_cannot_take_more_is_told_and_misses_nothing_on_coming_back(stream, database, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_WAITING", 5)
    feed = feeds.Feed()
    start = str(StreamCursor(await _epoch(database), STREAMS[Stream.INCOMING_CALLS].number, 0))
    subscription = await stream.hub.subscribe(Stream.INCOMING_CALLS, ALICE, None, feed, start)
    records = [await commit(database, ALICE) for _ in range(12)]
    heard = []
    async with asyncio.timeout(5):
        while feed._error is None:
            await asyncio.sleep(0.01)
        with pytest.raises(feeds.TooSlow):
            async for edition in feed:
                heard.append(edition)  # noqa: PERF401 -- what came before the error counts
    stream.hub.leave(subscription)
    assert [UUID(bytes=edition.body) for edition in heard] == records[:5]
    async with stream.ear(ALICE, heard[-1].cursor) as again:
        await again.has(records[5:])


async def test_who_begins_to_listen_is_told_of_what_goes_on_first(stream, database):
    before = [await commit(database, ALICE) for _ in range(3)]
    async with stream.ear(ALICE, str(StreamCursor(await _epoch(database), STREAMS[Stream.INCOMING_CALLS].number, 0))) as ear:
        await ear.has(before)
    events = [edition_event(ear, place) for place in (0, 2)]

    async def opening(person, last):
        assert (person, last) == (ALICE, ear.seqs[-1])
        return events

    stream.hub.when_opened(Stream.INCOMING_CALLS, opening)
    async with stream.ear(ALICE) as fresh:
        later = await commit(database, ALICE)
        await fresh.has([before[0], before[2], later])
    async with stream.ear(ALICE, ear.cursors[-1]) as back:  # with a cursor nothing is told again
        await back.has([later])


def edition_event(ear, place):
    return Event(ear.seqs[place], Topic.INCOMING_CALLS, ear.heard[place], frozenset([ALICE]))


async def test_a_crowd_that_comes_back_is_shown_each_event_once_for_all(stream, database):
    async with stream.ear(ALICE) as ear:
        await ear.has([await commit(database)])
    missed = [await commit(database) for _ in range(10)]
    printed = []
    real = stream.press.print

    async def counted(event, cursor, subscribers, ready=None):
        printed.append(len(subscribers))
        return await real(event, cursor, subscribers, ready)

    stream.press.print = counted
    async with AsyncExitStack() as stack:
        ears = await asyncio.gather(
            *(stack.enter_async_context(stream.ear(person, ear.cursors[0])) for person in (ALICE, BOB, CAROL) for _ in range(20))
        )
        for each in ears:
            await each.has(missed)
    assert sum(printed) == 60 * len(missed)
    assert len(printed) <= 4 * len(missed)


async def test_a_popup_does_not_wait_for_a_crowd(stream, database):
    """Written in chunks: between them other streams have their turn."""
    turns = []

    class Slow(feeds.Feed):
        def push(self, edition):
            time.sleep(0.0002)
            turns.append("crowd")
            return True

    crowd = [await stream.hub.subscribe(Stream.ANNOUNCEMENTS, ALICE, None, Slow(), None) for _ in range(4000)]
    async with stream.ear(BOB) as ear:
        await commit(database, topic=Topic.ANNOUNCEMENTS)
        async with asyncio.timeout(5):
            while not turns:
                await asyncio.sleep(0)
            record = await commit(database, BOB)
            while not ear.heard:
                await asyncio.sleep(0)
        assert ear.heard == [record]
        assert len(turns) < 3500
    for each in crowd:
        stream.hub.leave(each)


async def test_what_is_being_printed_when_events_may_have_been_missed_is_written_first(stream, database):
    stream.press.pause = 0.2
    async with stream.ear(ALICE) as ear:
        first = await commit(database, ALICE)
        ring = stream.hub._dispatches[Stream.INCOMING_CALLS]
        async with asyncio.timeout(5):
            while not ring._ring:
                await asyncio.sleep(0.005)
        stream.hub._lapsed()
        second = await commit(database, ALICE)
        await ear.has([first, second])
        assert ear.subscription.live


async def test_a_sink_that_fails_is_one_sockets_trouble(stream, database):
    class Broken(feeds.Feed):
        def push(self, edition):
            raise RuntimeError("unable to perform operation on a closed transport")

    broken = await stream.hub.subscribe(Stream.INCOMING_CALLS, ALICE, None, Broken(), None)
    async with stream.ear(ALICE) as ear, stream.ear(BOB) as other:
        record = await commit(database)
        await ear.has([record])
        await other.has([record])
    assert not broken.open
    stream.hub.leave(broken)


async def test_the_ring_forgets_where_it_would_hold_too_many_people(stream, database, monkeypatch):
    monkeypatch.setattr(dispatch, "MOST_NAMED", 5)
    async with stream.ear(ALICE) as ear:
        records = [await commit(database, ALICE, BOB, CAROL) for _ in range(6)]
        await ear.has(records)
        ring = stream.hub._dispatches[Stream.INCOMING_CALLS]
        assert len(ring._ring) == 1
        assert ring.heard_after(ear.seqs[3]) is None
        assert [event.seq for event in ring.heard_after(ear.seqs[4]) or ()] == ear.seqs[5:]
    async with stream.ear(ALICE, ear.cursors[0]) as again:
        await again.has(records[1:])


async def test_what_is_told_can_be_measured(stream, database):
    listening = shown("crm_subscriptions", stream="incomingCalls")
    async with stream.ear(ALICE) as ear:
        assert shown("crm_subscriptions", stream="incomingCalls") == listening + 1
        first = await commit(database, ALICE)
        await ear.has([first])  # perhaps by a replay: the relay has just begun
        async with asyncio.timeout(5):
            while not ear.subscription.live:
                await asyncio.sleep(0.01)
        before = shown("crm_event_delivery_seconds_count", frame="last")
        await ear.has([first, await commit(database, ALICE)])
        assert shown("crm_event_delivery_seconds_count", frame="last") == before + 1
    assert shown("crm_subscriptions", stream="incomingCalls") == listening


def shown(name, **labels):
    return metrics.registry.get_sample_value(name, labels) or 0


async def test_what_cannot_be_shown_ends_the_subscription_and_nothing_is_skipped(stream, database):
    async with stream.ear(ALICE) as ear:
        first = await commit(database, ALICE)
        await ear.has([first])
        real = stream.press.print

        async def fails(*_):
            raise TimeoutError

        stream.press.print = fails
        second, third = await commit(database, ALICE), await commit(database, ALICE)
        async with asyncio.timeout(5):
            while ear.subscription.open:
                await asyncio.sleep(0.01)
        stream.press.print = real
        assert ear.heard == [first]
    async with stream.ear(ALICE, ear.cursors[0]) as again:
        await again.has([second, third])


async def test_comings_and_goings_at_random_lose_and_repeat_nothing(database, monkeypatch):
    """Writers never stop; listeners are cut at random places, whole processes too; small queues and batches make every race."""
    monkeypatch.setattr(history, "SCAN", 5)
    monkeypatch.setattr(dispatch, "LONGEST_RING", 4)
    monkeypatch.setattr(relay, "LEAD_SECONDS", 0.01)  # the server may notice late that the last leader is gone
    dice = random.Random(20261123)
    people = (ALICE, BOB, CAROL)
    written: dict = {person: [] for person in people}
    cursors: dict = {
        person: str(StreamCursor(await _epoch(database), STREAMS[Stream.INCOMING_CALLS].number, 0)) for person in people
    }
    heard: dict = {person: [] for person in people}
    done = asyncio.Event()

    async def write() -> None:
        for _ in range(150):
            chosen = [person for person in people if dice.random() < 0.6] or [ALICE]
            record = await commit(database, *chosen)
            for person in chosen:
                written[person].append(record)
            await asyncio.sleep(dice.random() * 0.004)
        done.set()

    writing = asyncio.create_task(write())
    end = asyncio.get_running_loop().time() + 240
    while not (done.is_set() and all(len(heard[person]) >= len(written[person]) for person in people)):
        assert asyncio.get_running_loop().time() < end, "somebody waits for an event that does not come"
        async with flowing(database) as stream:
            for _ in range(dice.randint(1, 6)):
                await _listen_for_a_while(stream, dice, people, cursors, heard)
        assert all(len(heard[person]) <= len(written[person]) + 1 for person in people)
    await writing
    for person in people:
        assert heard[person] == written[person]


async def _listen_for_a_while(stream, dice, people, cursors, heard) -> None:
    ears = [(person, stream.ear(person, cursors[person])) for person in people]
    opened = [(person, context, await context.__aenter__()) for person, context in ears]
    await asyncio.sleep(dice.random() * 0.05)
    for person, context, ear in opened:
        await context.__aexit__(None, None, None)
        heard[person] += ear.heard
        cursors[person] = ear.cursors[-1] if ear.cursors else cursors[person]


async def _epoch(database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT epoch FROM event_stream"))


async def test_a_history_that_is_gone_is_told_with_where_to_start(stream, database):
    async with stream.ear(ALICE) as ear:
        records = [await commit(database, ALICE) for _ in range(4)]
        await ear.has(records)
    async with database.connection() as connection:
        await connection.execute("UPDATE event SET recorded_at = now() - interval '8 days' WHERE seq <= $1", ear.seqs[1])
        await connection.execute(_FORGET, Topic.INCOMING_CALLS.value, WEEK, 100)
    with pytest.raises(HistoryGone) as gone:
        await stream.hub.subscribe(Stream.INCOMING_CALLS, ALICE, None, feeds.Feed(), ear.cursors[0])
    assert gone.value.code == "HISTORY_GONE"
    async with stream.ear(ALICE, str(gone.value.details["cursor"])) as again:
        await again.has(records[2:])
    async with stream.ear(ALICE, ear.cursors[1]) as whole:  # the last forgotten one itself has been seen: nothing is missing
        await whole.has(records[2:])


async def test_a_cursor_of_another_life_of_the_database_has_no_history(stream, database):
    async with stream.ear(ALICE) as ear:
        record = await commit(database, ALICE)
        await ear.has([record])
    async with database.connection() as connection:
        await connection.execute("UPDATE event_stream SET epoch = epoch + 1")
    with pytest.raises(HistoryGone) as gone:
        await stream.hub.subscribe(Stream.INCOMING_CALLS, ALICE, None, feeds.Feed(), ear.cursors[0])
    async with stream.ear(ALICE, str(gone.value.details["cursor"])) as again:
        await again.has([record])


async def test_a_cursor_ahead_of_the_stream_has_no_history(stream, database):
    async with stream.ear(ALICE) as ear:
        await ear.has([await commit(database, ALICE)])
    cursor = read_stream_cursor(ear.cursors[0])
    ahead = str(StreamCursor(cursor.epoch, cursor.stream, cursor.seq + 1))
    with pytest.raises(HistoryGone):
        await stream.hub.subscribe(Stream.INCOMING_CALLS, ALICE, None, feeds.Feed(), ahead)


async def test_a_cursor_of_another_stream_is_refused(stream, database):
    async with stream.ear(ALICE) as ear:
        await ear.has([await commit(database, ALICE)])
    with pytest.raises(BadUserInput):
        await stream.hub.subscribe(Stream.REMINDERS, ALICE, None, feeds.Feed(), ear.cursors[0])


async def test_a_refused_subscription_leaves_nothing_behind(stream, database):
    for after in ("nonsense", str(StreamCursor(1, STREAMS[Stream.INCOMING_CALLS].number, 0))):
        with pytest.raises((BadUserInput, HistoryGone)):
            await stream.hub.subscribe(Stream.INCOMING_CALLS, ALICE, None, feeds.Feed(), after)
    assert not any(each.people for each in stream.hub._dispatches.values())


async def test_an_event_for_few_does_not_walk_over_all(stream, database):
    class Counted(dict):
        walked = 0

        def items(self):
            Counted.walked += 1
            return super().items()

        def values(self):
            Counted.walked += 1
            return super().values()

    async with asyncio.timeout(5):
        while stream.relay._epoch is None:
            await asyncio.sleep(0.01)
    stream.hub._dispatches[Stream.INCOMING_CALLS].people = Counted()
    async with stream.ear(ALICE) as ear, stream.ear(BOB), stream.ear(CAROL):
        await ear.has([await commit(database, ALICE)])
    assert Counted.walked == 0
