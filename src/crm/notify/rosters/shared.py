"""The roster of a system of several processes, which tell each other through Redis.

Each process lays out one page, of its own sockets and written by nobody else, whose end it puts off again and again. So a process
that is killed takes its sockets with it, whatever Redis loses is written anew, and nothing has to be counted together. What the
others wrote is kept in memory: nobody who asks waits for Redis.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis

from crm import metrics
from crm.notify.brokers.stream import connect
from crm.notify.cancelling import heed_cancellation
from crm.notify.rosters.memory import MemoryRoster
from crm.notify.rosters.pages import Page, written
from crm.notify.rosters.shelf import Label, Shelf
from crm.store.database import Database

TURN_SECONDS = 0.5
GATHER_SECONDS = 0.1
"""Sockets that come and go together are told together."""
SILENT_SECONDS = 2.0
"""From then on a process does not count against a session's limit: after a crash its clients need their places elsewhere."""
SETTLE_SECONDS = 3.0
"""How long the others are given to lay out their pages anew after Redis was away or lost them."""
ANSWER_SECONDS = 1.0

log = structlog.get_logger("crm.presence")


class SharedRoster:
    """This process's sockets, and what the others have told of theirs."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = uuid4().hex
        self._own = MemoryRoster()
        self._others: dict[str, Page] = {}
        self._people: frozenset[UUID] | None = frozenset()
        self._shelf: Shelf | None = None
        self._version, self._laid_out = 1, 0
        self._changed = asyncio.Event()
        self._heard_at = self._settled_at = 0.0

    @property
    def complete(self) -> bool:
        """Not while Redis is away, nor for as long as others may be laying out their pages anew."""
        at = monotonic()
        return at - self._heard_at < SILENT_SECONDS and at >= self._settled_at

    def enter(self, session: UUID, person: UUID) -> None:
        """To be told in a moment."""
        self._own.enter(session, person)
        self._note()

    def leave(self, session: UUID, person: UUID) -> None:
        """To be told in a moment."""
        self._own.leave(session, person)
        self._note()

    def sockets(self, session: UUID) -> int:
        """Here, and in every process that is not silent. What was opened elsewhere in the last half second may be missing."""
        elsewhere = (page.sessions.get(session.bytes, 0) for page in self._others.values() if not page.silent)
        return self._own.sockets(session) + sum(elsewhere)

    def people(self) -> frozenset[UUID]:
        """Here and elsewhere. While Redis is away: here as it is, and elsewhere as it was when it was last heard of."""
        if self._people is None:
            self._people = self._own.people().union(*(page.people for page in self._others.values()))
        return self._people

    def begin_anew(self) -> None:
        """The shelf is that of a database, so there is another one now."""
        self._shelf = None
        self._changed.set()

    async def run(self, database: Database) -> None:
        """Take turns at telling and hearing, over every failure."""
        self._unsettle()
        redis = connect(self.url, ANSWER_SECONDS)
        try:
            well = True
            while True:
                well = await self._turn(redis, database, well=well)
                heed_cancellation()
                metrics.presence_complete.set(self.complete)
                await self._pause(well=well)
        finally:
            with suppress(Exception):  # it ends by itself soon
                async with asyncio.timeout(ANSWER_SECONDS):
                    if self._shelf is not None:
                        await self._shelf.withdraw()
            await redis.aclose()

    async def _turn(self, redis: Redis, database: Database, *, well: bool) -> bool:
        """Whether it went well; `well` is whether the last one did."""
        try:
            shelf = self._shelf or await self._find(redis, database)
            self._changed.clear()
            await self._tell(shelf)
            await self._hear(shelf)
        except Exception as error:  # noqa: BLE001 - whatever is away, the next turn is half a second away
            if well:
                log.warning("presence is not shared", reason=type(error).__name__)
            self._unsettle()
            return False
        if not well:
            log.info("presence is shared again")
        return True

    async def _find(self, redis: Redis, database: Database) -> Shelf:
        """Systems may share a Redis, and what is restored must not meet processes of its former life."""
        async with database.connection() as connection:
            epoch = await connection.fetchval("SELECT epoch FROM event_stream WHERE id = 1")
        self._shelf, self._laid_out = Shelf(redis, f"crm:{epoch}:presence", self.name), 0
        self._others.clear()
        self._people = None
        self._unsettle()
        return self._shelf

    async def _tell(self, shelf: Shelf) -> None:
        version = self._version
        page = None if self._laid_out == version else written(version, self._own.entries)
        self._laid_out = version if await shelf.keep(page) else 0

    async def _hear(self, shelf: Shelf) -> None:
        labels = await shelf.labels()
        if labels.pop(self.name, None) is None:
            # It was laid out, perhaps a moment ago. Whatever took it may have taken those of the others.
            self._laid_out = 0
            self._unsettle()
            self._changed.set()
        known = {name: page.version for name, page in self._others.items()}
        fresh = [name for name, label in labels.items() if known.get(name) != label.version]
        for name, text in (await shelf.pages(fresh)).items():
            self._others[name] = Page(text)
            self._people = None
        self._heard_at = monotonic()
        self._compare(labels)

    def _compare(self, labels: dict[str, Label]) -> None:
        """Who has been silent, and who is gone. While it settles nobody is: their pages may be on their way."""
        for name in list(self._others):
            label = labels.get(name)
            if label is not None:
                self._others[name].silent = label.silent > SILENT_SECONDS
            elif monotonic() >= self._settled_at:
                del self._others[name]
                self._people = None

    def _note(self) -> None:
        self._version += 1
        self._people = None
        self._changed.set()

    def _unsettle(self) -> None:
        self._settled_at = monotonic() + SETTLE_SECONDS

    async def _pause(self, *, well: bool) -> None:
        if not well:
            await asyncio.sleep(TURN_SECONDS)
            return
        with suppress(TimeoutError):
            # Not `wait_for`: before Python 3.12 it swallows a cancellation that meets the event.
            async with asyncio.timeout(TURN_SECONDS):
                await self._changed.wait()
                await asyncio.sleep(GATHER_SECONDS)
