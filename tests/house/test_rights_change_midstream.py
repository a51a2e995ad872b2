"""Rights change while everybody listens: from the commit on nothing is pushed that may not be seen, live or after a break (W2).

Each change is made through the API. What must come before and after it is said by the oracle, over the company as it stands then.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.factories.changes_of_rights import CHANGES, ENDING, SILENT
from tests.factories.company import Company, Fact, build, key
from tests.factories.listeners import Hall, expected, facts_of, hall_of, opens, records_of, reread
from tests.factories.oracle import Oracle
from tests.factories.tally import Tally

from crm.core.kinds import Kind
from crm.services.topics import TOPICS, Topic

LISTENERS = ("admin", "manager", "agent", "junior", "peer", "partner", "hider", "double", "mixed")
SAMPLE = 8
WATCHED = {"Call": ("note", "cause"), "Announcement": ("expiresAt",)}
"""Fields that are looked at besides the id, because a change hides them."""
Told = dict[Topic, dict[str, list[str]]]


@dataclass(frozen=True)
class Start:
    """Where everybody goes on after a break: a cursor, and how many events of the sample it covers."""

    cursor: str
    covers: int


@pytest.fixture
async def hall(databases, tmp_path) -> AsyncIterator[Hall]:
    async with hall_of(databases, build(), tmp_path) as found:
        yield found


def sample(company: Company, topic: Topic, names: tuple[str, ...]) -> list[Fact]:
    """Some of the topic's records, and those that the change is about."""
    facts = records_of(company, topic)
    chosen = {key(kind, name) for name in names for kind in Kind}
    return [fact for place, fact in enumerate(facts) if fact.id in chosen or place % max(2, len(facts) // SAMPLE) == 1]


def asked_of(topic: Topic) -> str:
    return " ".join(("id", *WATCHED.get(TOPICS[topic].type or "", ())))


@pytest.mark.parametrize("name", CHANGES)
async def test_from_the_commit_on_nobody_is_told_what_they_may_not_see(hall: Hall, name: str):
    change, about = CHANGES[name]
    tally = Tally()
    events = {topic: sample(hall.company, topic, about) for topic in Topic}
    await hall.enter(LISTENERS, Topic, {topic: asked_of(topic) for topic in Topic})
    before = {topic: expected(hall.company, LISTENERS, topic, facts) for topic, facts in events.items()}
    await told(hall, tally, "before", events, before)
    starts = {topic: start_of(hall, topic, events[topic]) for topic in Topic}
    with pytest.MonkeyPatch.context() as patch:
        await change(hall, patch)
        company = await reread(hall)
        events = {topic: facts_of(company, facts) for topic, facts in events.items()}
        after = {topic: expected(company, LISTENERS, topic, facts) for topic, facts in events.items()}
        assert (before != after) != (name in SILENT), "who may see what: the fixture does not show this change"
        gone = ENDING.get(name)
        if gone is not None:
            assert await hall.lines[gone].closes(2) == 4403
            after = {topic: people | {gone: []} for topic, people in after.items()}
        await told(hall, tally, "after", events, after)
        judge_fields(hall, tally, company, "after")
        await hall.leave()
        await hall.enter([viewer for viewer in LISTENERS if viewer != gone], ())
        await again(hall, tally, company, starts, after, {topic: [str(f.id) for f in facts] for topic, facts in events.items()})
        judge_fields(hall, tally, company, "again")
    tally.settle(90)


async def told(hall: Hall, tally: Tally, when: str, events: dict[Topic, list[Fact]], wanted: Told) -> None:
    """Events about all of these, and who was told of which."""
    for seat in hall.seats.values():
        seat.drink()
        seat.came.clear()
    for topic, facts in events.items():
        await hall.publish(topic, facts)
    await hall.hear({(viewer, topic): len(ids) for topic, people in wanted.items() for viewer, ids in people.items()})
    for (viewer, topic), seat in hall.seats.items():
        tally.expect((viewer, topic.value, when), seat.told, wanted[topic][viewer])


def start_of(hall: Hall, topic: Topic, events: list[Fact]) -> Start:
    """Behind the first event that anybody was told of."""
    seats = [seat for seat in hall.seats.values() if seat.topic is topic and seat.came]
    assert seats, f"{topic}: nobody was told of anything"
    first = min(seats, key=lambda seat: seat.numbers[0])
    return Start(first.cursors[0], [str(fact.id) for fact in events].index(first.told[0]) + 1)


async def again(
    hall: Hall, tally: Tally, company: Company, starts: dict[Topic, Start], wanted: Told, order: dict[Topic, list[str]]
) -> None:
    """Everybody comes back, and is given the events from before and after the change under the rights that they have now."""
    later = {}
    for viewer in hall.lines:
        for topic, start in starts.items():
            if not opens(Oracle(company, viewer), topic):
                feed = await hall.lines[viewer].subscribe(hall.document(topic), after=start.cursor)
                tally.expect((viewer, topic.value, "again"), (await feed.error())["code"], "FORBIDDEN")
                continue
            await hall.sit(viewer, topic, asked_of(topic), after=start.cursor)
            covered, ids = set(order[topic][: start.covers]), wanted[topic][viewer]
            later[viewer, topic] = [each for each in ids if each not in covered] + ids
    await hall.hear({where: len(ids) for where, ids in later.items()})
    for (viewer, topic), seat in hall.seats.items():
        tally.expect((viewer, topic.value, "again"), seat.told, later[viewer, topic])


def judge_fields(hall: Hall, tally: Tally, company: Company, when: str) -> None:
    """A field that a role hides is null, with its error, from the change on."""
    for (viewer, topic), seat in hall.seats.items():
        oracle, type_name = Oracle(company, viewer), TOPICS[topic].type
        for name in WATCHED.get(type_name or "", ()):
            hidden = oracle.hidden(str(type_name), name)
            for payload in seat.came:
                if (record := seat.record(payload)) is None:
                    continue
                refused = name in {error["path"][-1] for error in payload.get("errors", ())}
                found = (refused, not hidden or record[name])
                tally.expect((viewer, f"{topic.value}.{name}", when), found, (hidden, None if hidden else True))
