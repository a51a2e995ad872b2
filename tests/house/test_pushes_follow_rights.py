"""Every viewer × every topic × every record: an event is pushed to whoever may read what it is about, and to nobody else (W2).

The selections are those that clients send, run as the socket runs them; what they tell of the record is judged field by field.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.conftest import make_settings
from tests.factories.clients import look_narrow
from tests.factories.company import PEOPLE, VIEWERS, Company, Fact, build, key, user_id
from tests.factories.listeners import LISTENED
from tests.factories.oracle import PARTS, TABLES, THROUGH, Oracle
from tests.factories.oracle_fields import parts, selection, shown
from tests.factories.oracle_permissions import SPECIAL, TOLD_WHEN_GONE
from tests.factories.oracle_permissions import TOPICS as GATES
from tests.factories.tally import Tally
from tests.servers import cloned

from crm.access.viewer import Viewer
from crm.core.errors import FieldForbidden, Unauthenticated
from crm.core.kinds import Kind
from crm.endpoints.execution import Asked, Executor
from crm.endpoints.pushes.press import Press
from crm.endpoints.pushes.readers import Reader
from crm.endpoints.pushes.selections import Selection
from crm.graph.context import Request
from crm.notify.brokers import Event, MemoryBroker
from crm.notify.feeds import Feed
from crm.notify.history import History
from crm.notify.hub import Hub
from crm.notify.presence import Presence
from crm.notify.subscriptions import Subscription
from crm.resolvers.listening import chosen
from crm.resolvers.root import build_schema
from crm.schema.system.event_news import EventTopic
from crm.services.topics import TOPICS, Stream, Topic
from crm.store.database import Database

TYPES = {topic: rule.type or "Customer" for topic, rule in TOPICS.items()}
"""What each topic is looked at with: its type, and of the one of all kinds customers."""


class Newsroom:
    """A server's inside, without its sockets."""

    def __init__(self, database: Database, company: Company, folder: Path) -> None:
        self.database, self.company = database, company
        self.executor = Executor(make_settings(database, folder))
        self.press = Press(self.executor)
        self.services = self.executor.services(database, Presence(), Hub(MemoryBroker(), History(database), self.press))
        self.press.use(self.services)
        self.readers: dict[str, Viewer] = {}

    async def push(self, viewer: str, topic: Topic, record_id: Any) -> Any:
        """What this viewer's socket would write of an event about a record; None where it would write nothing."""
        query = document(topic)
        token = PEOPLE[viewer].token if viewer in PEOPLE else ""
        known = await self.services.viewers.of(token)
        if known is None:
            raise Unauthenticated
        asked, reader = Asked(query, {}, None), Reader(self.readers.get(viewer, known), Request("r", "192.0.2.7", None, token))
        selection = Selection(self.executor.documents.read(query).node, asked, reader, query)
        rule = TOPICS[topic]
        listener = Subscription(rule.stream, frozenset({topic}), user_id(viewer), selection, Feed(), frozenset({record_id}))
        printed = await self.press.print(Event(1, topic, record_id, frozenset()), "a cursor", [listener])
        for _, error in printed.ended:
            raise error
        return next((orjson.loads(edition.body) for edition, _ in printed.editions), None)

    async def holds(self, viewer: str, topic: Topic) -> bool:
        """Whether this viewer may subscribe at all."""
        found = await self.services.viewers.of(PEOPLE[viewer].token)
        assert found is not None
        stream = TOPICS[topic].stream
        asked = {"topics": [EventTopic(topic.value)]} if stream is Stream.EVENTS else {}
        needed = {"records": [str(user_id(viewer))]} if TOPICS[topic].by_record else {}
        try:
            chosen(stream, asked | needed, found.rights)
        except FieldForbidden:
            return False
        return True


def document(topic: Topic) -> str:
    """The subscription with everything that one level of its record has."""
    return LISTENED[topic].document(TYPES[topic], selection(TYPES[topic]), [])


@pytest.fixture(scope="module", params=["rows", "ids"])
async def newsroom(request, databases, tmp_path_factory) -> AsyncIterator[Newsroom]:
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=request.param == "ids")
        async with cloned(databases) as database:
            await company.write(database)
            yield Newsroom(database, company, tmp_path_factory.mktemp("news"))


@pytest.fixture
async def moving(newsroom: Newsroom, tmp_path) -> AsyncIterator[Newsroom]:
    """The same company with viewers of its own, for rights that change under its sockets; afterwards all is as it was."""
    yield Newsroom(newsroom.database, newsroom.company, tmp_path)
    await newsroom.company.write(newsroom.database)


@pytest.fixture
def oracles(newsroom: Newsroom) -> list[Oracle]:
    return [Oracle(newsroom.company, viewer) for viewer in VIEWERS if viewer != "anonymous"]


def test_every_topic_has_facts_and_a_rule():
    """A new topic joins the matrix, or this says what is missing."""
    company = build()
    fields = build_schema()._schema.subscription_type
    assert fields
    assert {stream.value for stream in Stream} == set(fields.fields) == {name for name in fields.fields if name in SPECIAL}
    for topic, rule in TOPICS.items():
        name = TYPES[topic]
        assert rule.permission == GATES[topic.value], topic
        assert company.of(TABLES[name]), f"{name}: give the fixture company some"
        told = [Oracle(company, viewer).visible(name) for viewer in VIEWERS]
        assert sum(map(bool, told)) > 5, f"{name}: hardly anybody would be told anything"
        everything = len(company.of(TABLES[name]))
        # Whoever works here sees everybody's card; whoever is granted all jobs sees all, and is told of their own.
        assert name in ("User", "Job") or all(len(rows) < everything for rows in told), f"{name}: somebody is told everything"


async def test_who_may_subscribe(newsroom: Newsroom, oracles: list[Oracle]):
    tally = Tally()
    for topic in Topic:
        for oracle in oracles:
            found = await newsroom.holds(oracle.viewer, topic)
            tally.expect((oracle.viewer, topic.value, "gate"), found, oracle.holds(GATES[topic.value]))
    tally.settle(98)


@pytest.mark.parametrize("topic", list(Topic))
async def test_a_push_reaches_whoever_may_read_it_and_tells_them_what_they_may_know(
    newsroom: Newsroom, oracles: list[Oracle], topic: Topic
):
    name, stream, tally = TYPES[topic], TOPICS[topic].stream.value, Tally()
    for oracle in oracles:
        for row in oracle.rows(name):
            body = await newsroom.push(oracle.viewer, topic, row.id)
            told = oracle.told(GATES[topic.value], row, binned=topic.value in TOLD_WHEN_GONE)
            state = "deleted" if row.values.get("deleted_at") else "seen" if oracle.reads(row) else "unseen"
            tally.expect((oracle.viewer, topic.value, state), body is not None, told, row.id)
            if body is not None and told:
                node = body["data"][stream][LISTENED[topic].record]
                if state == "deleted":
                    tally.expect((oracle.viewer, topic.value, "gone"), (node, body["data"][stream]["deleted"]), (None, True))
                else:
                    _judge(tally, oracle, name, row, node, body.get("errors", []))
    tally.settle(70)


def _judge(tally: Tally, oracle: Oracle, type_name: str, row: Fact, node: dict[str, Any], errors: list[dict[str, Any]]) -> None:
    """What the event tells of its record, against what this viewer may know of it."""
    refused = {error["path"][2]: error["extensions"]["code"] for error in errors}
    table = TABLES[type_name]
    for name, found in node.items():
        if name == "__typename":
            continue
        cell = (oracle.viewer, f"{type_name}.{name}", "push")
        if oracle.hidden(type_name, name):
            tally.expect(cell, (found, refused.get(name)), (None, "FORBIDDEN"), row.id)
        elif name in PARTS.get(table, {}):
            tally.expect(cell, *parts(oracle, type_name, name, row, found), row.id)
        elif name in THROUGH.get(table, {}):
            wanted = sorted(str(fact.id) for fact in oracle.children(type_name, name, row))
            tally.expect(cell, sorted(each["id"] for each in found), wanted, row.id)
        else:
            tally.expect(cell, found, shown(oracle, type_name, name, row), row.id)


@pytest.mark.parametrize("topic", list(Topic))
async def test_nobody_is_told_without_a_session(newsroom: Newsroom, topic: Topic):
    row = newsroom.company.of(TABLES[TYPES[topic]])[0]
    with pytest.raises(Unauthenticated):
        await newsroom.push("anonymous", topic, row.id)


async def told_of(newsroom: Newsroom, topic: Topic) -> set[tuple[str, Any]]:
    """(viewer, record) of everything that would be pushed now."""
    rows = newsroom.company.of(TABLES[TYPES[topic]])[::2]
    found = set()
    for viewer in VIEWERS[1:]:
        for row in rows:
            if await newsroom.push(viewer, topic, row.id) is not None:
                found.add((viewer, row.id))
    return found


async def test_a_closed_gate_stops_pushes_that_were_open(moving: Newsroom):
    """The role is changed while everybody listens; viewers are kept in memory all the while."""
    assert len(await told_of(moving, Topic.INCOMING_CALLS)) > 20
    async with moving.database.connection() as connection:
        await connection.execute("DELETE FROM role_grant WHERE entity = 'call' AND action = 'READ'")
        await connection.execute("UPDATE rights_epoch SET epoch = epoch + 1")
    assert await told_of(moving, Topic.INCOMING_CALLS) == set()


async def test_who_is_named_no_more_is_told_no_more(moving: Newsroom):
    """No right changes and no epoch moves: the rows beside the record do, and the next push is judged by them."""
    call = key(Kind.CALL, "call rings agent")
    assert await moving.push("agent", Topic.INCOMING_CALLS, call) is not None
    async with moving.database.connection() as connection:
        await connection.execute("DELETE FROM call_candidate WHERE call_id = $1", call)
    assert await moving.push("agent", Topic.INCOMING_CALLS, call) is None
    assert await moving.push("admin", Topic.INCOMING_CALLS, call) is not None


async def test_a_withdrawn_announcement_is_told_to_its_authors_alone(moving: Newsroom):
    news = moving.company.named("announcement", "PUBLISHED of agent")
    listening = ("agent", "manager", "partner")
    assert [await moving.push(viewer, Topic.ANNOUNCEMENTS, news.id) is not None for viewer in listening] == [True, True, True]
    async with moving.database.connection() as connection:
        await connection.execute("UPDATE announcement SET status = 'WITHDRAWN' WHERE id = $1", news.id)
    assert [await moving.push(viewer, Topic.ANNOUNCEMENTS, news.id) is not None for viewer in listening] == [True, True, False]


async def test_a_revoked_session_is_told_nothing(moving: Newsroom):
    reminder = next(row for row in moving.company.of("reminder") if row["user_id"] == user_id("agent"))
    assert await moving.push("agent", Topic.REMINDERS, reminder.id) is not None
    async with moving.database.connection() as connection:
        await connection.execute("UPDATE session SET revoked_at = now() WHERE user_id = $1", user_id("agent"))
    with pytest.raises(Unauthenticated):
        await moving.push("agent", Topic.REMINDERS, reminder.id)
