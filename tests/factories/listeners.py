"""The fixture company over real sockets: its people listen, events are written to the outbox, and what comes is compared.

Nothing here knows how events are delivered: it writes rows of the outbox as deeds do, and reads the frames of the protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
from tests.factories.api import Api
from tests.factories.company import PEOPLE, Company, Fact, user_id
from tests.factories.oracle import TABLES, Oracle
from tests.factories.oracle_permissions import SPECIAL, TOLD_WHEN_GONE
from tests.factories.oracle_permissions import TOPICS as GATES
from tests.factories.sockets import PATIENCE, SILENCE, ConnectedOffice, Feed, Line, served
from tests.servers import Databases, cloned

from crm.core.stream_cursors import read_stream_cursor
from crm.services.topics import TOPICS, Topic


@dataclass(frozen=True)
class Listened:
    """How a client listens to one topic: the field, what narrows it, and the field of each event that holds the record."""

    field: str
    record: str
    narrowed: str = ""
    of_all_kinds: bool = False

    def document(self, type_name: str | None, selection: str, records: Sequence[str]) -> str:
        """The subscription, with this much of the record; `records` where they have to be named."""
        given = f"{self.narrowed}, records: {orjson.dumps(list(records)).decode()}" if self.of_all_kinds else self.narrowed
        if self.field == EVENTS:
            of = f"... on {type_name} {{ {selection} }}" if type_name is not None else "id"
            asked = f"topic recordId recordType deleted record {{ __typename {of} }}"
        else:
            asked = f"{self.record} {{ id {selection} }}"
        arguments = f"after: $after{', ' if given else ''}{given}"
        return f"subscription ($after: String) {{ {self.field}({arguments}) {{ cursor {asked} }} }}"


EVENTS = "events"
LISTENED: dict[Topic, Listened] = {
    Topic.INCOMING_CALLS: Listened("incomingCalls", "call"),
    Topic.ANNOUNCEMENTS: Listened("announcements", "announcement"),
    Topic.REMINDERS: Listened("reminders", "reminder"),
    Topic.NEW_MAIL: Listened("mailReceived", "message"),
    Topic.MAIL_RECEIVED: Listened(EVENTS, "record", "topics: [MAIL_RECEIVED]"),
    Topic.CALL_UPDATES: Listened(EVENTS, "record", "topics: [CALL_UPDATES]"),
    Topic.PRESENCE: Listened(EVENTS, "record", "topics: [PRESENCE]"),
    Topic.RECORD_CHANGES: Listened(EVENTS, "record", "topics: [RECORD_CHANGES]", of_all_kinds=True),
    Topic.JOB_PROGRESS: Listened(EVENTS, "record", "topics: [JOB_PROGRESS]"),
    Topic.NOTIFICATIONS: Listened(EVENTS, "record", "topics: [NOTIFICATIONS]"),
}
"""Every topic joins here, or a test of the house says that it is missing."""
OF_ALL_KINDS = (
    "party", "contact", "activity", "opportunity", "contract", "delivery", "announcement", "schedule_event", "user_account",
    "department", "role", "tag", "dictionary_item", "ring_group", "pipeline",
    "project", "maintenance", "service_case", "sla_policy", "work_calendar", "calendar_day", "competitor",
    "custom_field", "segment", "blocked_number", "pool_policy", "channel_group", "territory",
    "channel_assignment", "channel_submission", "marketing_task",
    "sms_account", "sms_template", "sms_batch", "sms_message", "sms_opt_out",
    "email_account", "email_template", "email_suppression", "email_batch", "email_thread", "email_message",
)  # fmt: skip
"""Tables whose changes are told, calls apart, which have a topic of their own."""
OF_EACH = 2
"""A client watches at most a hundred records at once."""


def records_of(company: Company, topic: Topic) -> list[Fact]:
    """What events of a topic could be about, the recycle bin included; where that is everything, some of each kind."""
    type_name = TOPICS[topic].type
    if type_name is not None:
        return company.of(TABLES[type_name])
    found = []
    for table in OF_ALL_KINDS:
        facts = company.of(table)
        gone = [fact for fact in facts if fact["deleted_at"] is not None][:2]
        found += [fact for fact in facts if fact["deleted_at"] is None][:: max(1, len(facts) // OF_EACH)][
            : OF_EACH - len(gone)
        ] + gone
    return found


_RECORD = """
INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
SELECT $1, r.id, r.kind, '{}', now() FROM unnest($2::uuid[], $3::smallint[]) WITH ORDINALITY AS r(id, kind, place)
ORDER BY r.place RETURNING id
"""
_NUMBERS = "SELECT seq FROM event WHERE id = ANY($1::bigint[])"


@dataclass
class Seat:
    """One person's subscription to one topic, and everything that came by it."""

    viewer: str
    topic: Topic
    feed: Feed
    came: list[dict[str, Any]] = field(default_factory=list)
    """The payloads, each with its `data` and perhaps `errors`."""
    published: set[int] = field(default_factory=set)
    """The numbers of the events that the test itself wrote: what deeds write besides is not what it is about."""

    def drink(self) -> None:
        """Take what has come so far."""
        while not self.feed.queue.empty():
            message = self.feed.queue.get_nowait()
            if message["type"] == "next" and read_stream_cursor(_cursor(message["payload"])).seq in self.published:
                self.came.append(message["payload"])

    @property
    def cursors(self) -> list[str]:
        return [_cursor(payload) for payload in self.came]

    @property
    def numbers(self) -> list[int]:
        """The numbers that the cursors stand for."""
        return [read_stream_cursor(cursor).seq for cursor in self.cursors]

    @property
    def told(self) -> list[str]:
        """The records of the events that came, in order."""
        events = [next(iter(payload["data"].values())) for payload in self.came]
        return [event.get("recordId") or event[LISTENED[self.topic].record]["id"] for event in events]

    def record(self, payload: dict[str, Any]) -> dict[str, Any] | None:
        """The record in one payload; None for one that lies in the recycle bin."""
        (event,) = payload["data"].values()
        found: dict[str, Any] | None = event[LISTENED[self.topic].record]
        assert event.get("deleted", found is None) == (found is None)
        return found


def _cursor(payload: dict[str, Any]) -> str:
    (event,) = payload["data"].values()
    return str(event["cursor"])


class Hall:
    """The company's people on their sockets."""

    def __init__(self, company: Company, office: ConnectedOffice) -> None:
        self.company, self.office = company, office
        self.lines: dict[str, Line] = {}
        self.seats: dict[tuple[str, Topic], Seat] = {}
        self.published: set[int] = set()
        self.watched: list[Fact] = records_of(company, Topic.RECORD_CHANGES)
        self.stack = AsyncExitStack()

    def api(self, viewer: str) -> Api:
        """Somebody who asks over HTTP."""
        return Api(self.office.client, PEOPLE[viewer].token, str(user_id(viewer)), viewer)

    async def enter(self, viewers: Iterable[str], topics: Iterable[Topic], selections: dict[Topic, str] | None = None) -> None:
        """These people listen to whatever of these topics they may subscribe to, as the oracle has it."""
        for viewer in viewers:
            self.lines[viewer] = await self.stack.enter_async_context(self.office.line(PEOPLE[viewer].token))
            for topic in topics:
                if opens(Oracle(self.company, viewer), topic):
                    await self.sit(viewer, topic, (selections or {}).get(topic, "id"))

    def document(self, topic: Topic, selection: str = "id") -> str:
        """The subscription to a topic."""
        return LISTENED[topic].document(TOPICS[topic].type, selection, [str(fact.id) for fact in self.watched])

    async def sit(self, viewer: str, topic: Topic, selection: str = "id", after: str | None = None) -> Seat:
        """One subscription on the person's socket."""
        feed = await self.lines[viewer].listen(self.document(topic, selection), after)
        seat = self.seats[viewer, topic] = Seat(viewer, topic, feed, published=self.published)
        return seat

    async def leave(self) -> None:
        """All sockets are closed, as by a network that breaks."""
        for line in self.lines.values():
            line.cut()
        await self.stack.aclose()
        self.lines, self.seats = {}, {}

    async def publish(self, topic: Topic, records: Sequence[Fact]) -> None:
        """Events about these records, in this order, for whoever may see them."""
        ids = [fact.id for fact in records]
        async with self.office.database.connection() as connection:
            rows = await connection.fetch(_RECORD, topic.value, ids, [key.int >> 64 & 0xFFF for key in ids])
            self.office.database.announce()
            written, numbers = [row["id"] for row in rows], [None]
            while None in numbers:
                await asyncio.sleep(0.005)
                numbers = [row["seq"] for row in await connection.fetch(_NUMBERS, written)]
        self.published.update(numbers)

    async def hear(self, wanted: dict[tuple[str, Topic], int], *, silence: float = SILENCE) -> None:
        """Wait until everybody was told as much as they are to be, and a while longer for what is not to be."""
        clock = asyncio.get_running_loop().time
        end = clock() + PATIENCE
        while clock() < end:
            for seat in self.seats.values():
                seat.drink()
            if all(len(self.seats[where].came) >= number for where, number in wanted.items() if where in self.seats):
                break
            await asyncio.sleep(0.01)
        await asyncio.sleep(silence)
        for seat in self.seats.values():
            seat.drink()


def opens(oracle: Oracle, topic: Topic) -> bool:
    """Whether somebody may subscribe: to the stream, and to the topic."""
    return oracle.holds(SPECIAL[TOPICS[topic].stream.value]) and oracle.holds(GATES[topic.value])


def expected(company: Company, viewers: Iterable[str], topic: Topic, records: Sequence[Fact]) -> dict[str, list[str]]:
    """Viewer → the records of this sequence of events that they are to be told of, as the company stands now."""
    permission, binned = GATES[topic.value], topic.value in TOLD_WHEN_GONE
    oracles = {viewer: Oracle(company, viewer) for viewer in viewers}
    return {
        name: [str(fact.id) for fact in records if oracle.told(permission, fact, binned=binned)]
        for name, oracle in oracles.items()
    }


async def reread(hall: Hall) -> Company:
    """The company's facts as its database has them now: rows only, who may see them is the oracle's business."""
    facts: dict[str, list[Fact]] = {}
    async with hall.office.database.connection() as connection:
        for table, known in hall.company.facts.items():
            columns = ", ".join(f'"{column}"' for column in known[0].values) if known else ""
            rows = await connection.fetch(f'SELECT {columns} FROM "{table}"')
            facts[table] = [Fact(table, dict(row)) for row in rows]
    return Company(hall.company.variant, facts)


def facts_of(company: Company, records: Iterable[Fact]) -> list[Fact]:
    """The same records in a company that has moved on; what was purged is what it was."""
    return [company.find(fact.table, fact.id) or fact for fact in records]


@asynccontextmanager
async def hall_of(databases: Databases, company: Company, folder: Path) -> AsyncIterator[Hall]:
    """The company in a database of its own, served with sockets and all background work."""
    async with cloned(databases) as database:
        await company.write(database)
        async with served(database, folder) as found, httpx.AsyncClient(base_url=found.address) as client:
            office = ConnectedOffice(client, database)
            office.address, office.arrivals, office.stop = found.address, found.arrivals, found.stop
            hall = Hall(company, office)
            try:
                yield hall
            finally:
                for line in hall.lines.values():
                    line.cut()
                await hall.stack.aclose()
