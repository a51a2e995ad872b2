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
from tests.factories.api import Api
from tests.factories.company import PEOPLE, Company, Fact, user_id
from tests.factories.oracle import TABLES, Oracle
from tests.factories.oracle_permissions import SPECIAL
from tests.factories.sockets import PATIENCE, SILENCE, ConnectedOffice, Feed, Line, served
from tests.servers import Databases, cloned

from crm.core.stream_cursors import read_stream_cursor
from crm.services.topics import TOPICS, Topic


@dataclass(frozen=True)
class Listened:
    """How a client listens to one topic: its document, and the field of each event that holds the record."""

    document: str
    record: str
    selection: str = "id"
    """What is asked of the record, `id` first."""


def _of(field_name: str, record: str) -> Listened:
    asked = f"subscription ($after: String) {{ {field_name}(after: $after) {{ cursor {record} {{ %s }} }} }}"
    return Listened(asked, record)


LISTENED: dict[Topic, Listened] = {
    Topic.INCOMING_CALLS: _of("incomingCalls", "call"),
    Topic.ANNOUNCEMENTS: _of("announcements", "announcement"),
    Topic.REMINDERS: _of("reminders", "reminder"),
}
"""Every topic joins here, or a test of the house says that it is missing."""

_RECORD = """
INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
SELECT $1, r.id, r.kind, '{}', now() FROM unnest($2::uuid[], $3::smallint[]) WITH ORDINALITY AS r(id, kind, place) ORDER BY r.place
"""


@dataclass
class Seat:
    """One person's subscription to one topic, and everything that came by it."""

    viewer: str
    topic: Topic
    feed: Feed
    came: list[dict[str, Any]] = field(default_factory=list)
    """The payloads, each with its `data` and perhaps `errors`."""
    ended: dict[str, Any] | None = None

    def drink(self) -> None:
        """Take what has come so far."""
        while not self.feed.queue.empty():
            message = self.feed.queue.get_nowait()
            if message["type"] == "next":
                self.came.append(message["payload"])
            else:
                self.ended = message

    @property
    def cursors(self) -> list[str]:
        return [next(iter(payload["data"].values()))["cursor"] for payload in self.came]

    @property
    def numbers(self) -> list[int]:
        """The numbers that the cursors stand for."""
        return [read_stream_cursor(cursor).seq for cursor in self.cursors]

    @property
    def told(self) -> list[str]:
        """The records of the events that came, in order."""
        return [self.record(payload)["id"] for payload in self.came]

    def record(self, payload: dict[str, Any]) -> dict[str, Any]:
        """The record in one payload."""
        (event,) = payload["data"].values()
        found: dict[str, Any] = event[LISTENED[self.topic].record]
        return found


class Hall:
    """The company's people on their sockets."""

    def __init__(self, company: Company, office: ConnectedOffice) -> None:
        self.company, self.office = company, office
        self.lines: dict[str, Line] = {}
        self.seats: dict[tuple[str, Topic], Seat] = {}
        self.stack = AsyncExitStack()

    def api(self, viewer: str) -> Api:
        """Somebody who asks over HTTP."""
        return Api(self.office.client, PEOPLE[viewer].token, str(user_id(viewer)), viewer)

    async def enter(self, viewers: Iterable[str], topics: Iterable[Topic], selections: dict[Topic, str] | None = None) -> None:
        """These people listen to whatever of these topics they may subscribe to, as the oracle has it."""
        for viewer in viewers:
            self.lines[viewer] = await self.stack.enter_async_context(self.office.line(PEOPLE[viewer].token))
            for topic in topics:
                if Oracle(self.company, viewer).holds(SPECIAL[TOPICS[topic].stream.value]):
                    await self.sit(viewer, topic, (selections or {}).get(topic, "id"))

    async def sit(self, viewer: str, topic: Topic, selection: str = "id", after: str | None = None) -> Seat:
        """One subscription on the person's socket."""
        feed = await self.lines[viewer].listen(LISTENED[topic].document % selection, after)
        seat = self.seats[viewer, topic] = Seat(viewer, topic, feed)
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
            await connection.execute(_RECORD, topic.value, ids, [key.int >> 64 & 0xFFF for key in ids])
        self.office.database.announce()

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


def expected(company: Company, viewers: Iterable[str], topic: Topic, records: Sequence[Fact]) -> dict[str, list[str]]:
    """Viewer → the records of this sequence of events that they are to be told of, as the company stands now."""
    permission = SPECIAL[topic.value]
    oracles = {viewer: Oracle(company, viewer) for viewer in viewers}
    return {name: [str(fact.id) for fact in records if oracle.told(permission, fact)] for name, oracle in oracles.items()}


async def reread(hall: Hall) -> Company:
    """The company's facts as its database has them now: rows only, who may see them is the oracle's business."""
    facts: dict[str, list[Fact]] = {}
    async with hall.office.database.connection() as connection:
        for table, known in hall.company.facts.items():
            columns = ", ".join(f'"{column}"' for column in known[0].values) if known else ""
            rows = await connection.fetch(f'SELECT {columns} FROM "{table}"')
            facts[table] = [Fact(table, dict(row)) for row in rows]
    return Company(hall.company.variant, facts)


def facts_of(company: Company, records: Iterable[Fact], topic: Topic) -> list[Fact]:
    """The same records in a company that has moved on; what was purged is what it was."""
    table = TABLES[TOPICS[topic].type]
    return [company.find(table, fact.id) or fact for fact in records]


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


__all__ = ["LISTENED", "Hall", "Listened", "Seat", "expected", "facts_of", "hall_of", "reread"]
