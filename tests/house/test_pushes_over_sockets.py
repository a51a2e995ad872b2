"""Every viewer × every topic, over real sockets, live and after a break: whoever may read a record is told, nobody else (W2).

Black boxes: rows of the outbox go in, frames come out, and an oracle that knows neither says what they must be.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from tests.factories.company import PEOPLE, VIEWERS, build
from tests.factories.listeners import LISTENED, OF_ALL_KINDS, Hall, expected, hall_of, opens, records_of
from tests.factories.oracle import Oracle
from tests.factories.oracle_permissions import SPECIAL, TOLD_WHEN_GONE
from tests.factories.oracle_permissions import TOPICS as GATES
from tests.factories.tally import Tally

from crm.access.branches import declared
from crm.schema.system.event_news import EventTopic
from crm.services.topics import STREAMS, TOPICS, Stream, Topic, topics_of

SIGNED_IN = VIEWERS[1:]
Where = tuple[str, Topic]


@pytest.fixture(scope="module")
async def hall(databases) -> AsyncIterator[Hall]:
    with TemporaryDirectory() as folder:
        async with hall_of(databases, build(), Path(folder)) as found:
            yield found


def test_every_topic_is_listened_to():
    """A new topic joins: a rule with type, permission and retention, a document, an oracle's permission, and facts."""
    company = build()
    assert set(TOPICS) == set(Topic) == set(LISTENED)
    assert {topic.value for topic in Topic} == set(GATES) >= TOLD_WHEN_GONE
    for topic, rule in TOPICS.items():
        assert rule.stream in STREAMS, topic
        assert rule.kept.total_seconds() > 0, topic
        assert rule.permission == GATES[topic.value], topic
        assert rule.binned == (topic.value in TOLD_WHEN_GONE), topic
        assert STREAMS[rule.stream].permission == SPECIAL[rule.stream.value], topic
        assert records_of(company, topic), f"{topic}: give the fixture company some {rule.type}"
    assert {each.name: each.value for each in EventTopic} == {topic.name: topic.value for topic in topics_of(Stream.EVENTS)}


def test_changes_of_every_kind_are_told():
    """A record with a change log is watched in these tests, or is told of by a topic of its own."""
    logged = {rule.table for rule in declared() if rule.kind and rule.actions and rule.recycled}
    assert logged - {"dictionary"} == {*OF_ALL_KINDS, "call"}, "name its table among those of all kinds"


async def test_an_event_reaches_whoever_may_read_it_and_again_after_a_break(hall: Hall):
    tally = Tally()
    await hall.enter(SIGNED_IN, Topic)
    wanted: dict[Where, list[str]] = {}
    for topic in Topic:
        told = expected(hall.company, SIGNED_IN, topic, records_of(hall.company, topic))
        wanted |= {(viewer, topic): ids for viewer, ids in told.items()}
        await hall.publish(topic, records_of(hall.company, topic))
    await hall.hear({where: len(ids) for where, ids in wanted.items()})
    for (viewer, topic), ids in wanted.items():
        assert (viewer, topic) in hall.seats or not ids, "a closed stream tells nothing"
        if (viewer, topic) in hall.seats:
            tally.expect((viewer, topic.value, "live"), hall.seats[viewer, topic].told, ids)
    heard = {where: (seat.cursors, seat.numbers) for where, seat in hall.seats.items()}
    assert all(numbers == sorted(set(numbers)) for _, numbers in heard.values())
    await hall.leave()
    await _resumed(hall, wanted, {where: cursors for where, (cursors, _) in heard.items()}, tally)
    tally.settle(100)


async def _resumed(hall: Hall, wanted: dict[Where, list[str]], lived: dict[Where, list[str]], tally: Tally) -> None:
    """Everybody comes back with one and the same cursor, somebody's first: cursors are no secrets, and open nothing."""
    first = {}
    for topic in Topic:
        most = max((where for where in lived if where[1] is topic), key=lambda where: len(wanted[where]))
        first[topic] = (lived[most][0], wanted[most][0])
    await hall.enter(SIGNED_IN, ())
    later = {}
    for viewer, topic in lived:
        cursor, record = first[topic]
        known = wanted[viewer, topic]
        await hall.sit(viewer, topic, after=cursor)
        later[viewer, topic] = known[_place(hall, topic, known, record) :]
    await hall.hear({where: len(ids) for where, ids in later.items()})
    for (viewer, topic), ids in later.items():
        seat = hall.seats[viewer, topic]
        tally.expect((viewer, topic.value, "resumed"), seat.told, ids)
        tally.expect((viewer, topic.value, "cursors"), seat.cursors, lived[viewer, topic][len(lived[viewer, topic]) - len(ids) :])


def _place(hall: Hall, topic: Topic, known: list[str], record: str) -> int:
    """How many of somebody's events came up to and including the one about a record."""
    order = [str(fact.id) for fact in records_of(hall.company, topic)]
    return sum(order.index(each) <= order.index(record) for each in known)


async def test_who_may_not_subscribe_is_refused_and_told_nothing(hall: Hall):
    tally = Tally()
    await hall.leave()
    for viewer in SIGNED_IN:
        oracle = Oracle(hall.company, viewer)
        async with hall.office.line(PEOPLE[viewer].token) as line:
            for topic in Topic:
                if not opens(oracle, topic):
                    feed = await line.subscribe(hall.document(topic))
                    tally.expect((viewer, topic.value, "gate"), (await feed.error())["code"], "FORBIDDEN")
    tally.settle(1)


@pytest.mark.parametrize("topic", list(Topic))
async def test_the_anonymous_are_not_let_in(hall: Hall, topic: Topic):
    async with hall.office.line() as line:
        await line.subscribe(hall.document(topic))
        assert await line.closes() == 4401
    async with hall.office.line() as line:
        await line.send({"type": "connection_init", "payload": {}})
        assert await line.closes() == 4403
