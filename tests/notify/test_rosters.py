"""Who is connected, as a process alone knows it and as several tell each other: one suite for both, and more for several."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis
from tests.servers import ValkeyServer

from crm.notify.rosters import shared
from crm.notify.rosters.memory import MemoryRoster
from crm.notify.rosters.roster import Roster
from crm.notify.rosters.shared import SharedRoster
from crm.notify.rosters.shelf import LIFE_SECONDS, Shelf
from crm.store.database import Database

ALICE, BOB = uuid4(), uuid4()
SCREEN, TABLET = uuid4(), uuid4()
REFRESH = 5.0
"""By then what Redis lost must be back."""


@dataclass
class Process:
    """A process of the system, as far as its roster."""

    roster: Roster
    running: asyncio.Task[None]

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)


@dataclass
class System:
    """Starts processes of one system."""

    database: Database
    make: Callable[[], Roster]
    processes: list[Process] = field(default_factory=list)

    def process(self) -> Roster:
        roster = self.make()
        self.processes.append(Process(roster, asyncio.create_task(roster.run(self.database))))
        return roster

    async def stop(self, roster: Roster) -> None:
        """In good order."""
        (found,) = [process for process in self.processes if process.roster is roster]
        await found.stop()

    async def kill(self, roster: SharedRoster) -> None:
        """It says nothing any more, and takes nothing back."""
        assert roster._shelf is not None
        roster._shelf.withdraw = _nothing  # type: ignore[method-assign]
        await self.stop(roster)


async def _nothing() -> None:
    pass


@asynccontextmanager
async def system_of(database: Database, make: Callable[[], Roster]) -> AsyncIterator[System]:
    system = System(database, make)
    try:
        yield system
    finally:
        for process in system.processes:
            await process.stop()


@pytest.fixture(params=["memory", "shared"])
async def system(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[System]:
    make: Callable[[], Roster] = MemoryRoster
    if request.param == "shared":
        url = request.getfixturevalue("valkey")
        make = lambda: SharedRoster(url)  # noqa: E731 - one of two
    async with system_of(database, make) as found:
        yield found


@pytest.fixture
async def several(database: Database, valkey: str) -> AsyncIterator[System]:
    async with system_of(database, lambda: SharedRoster(valkey)) as found:
        yield found


async def becomes(roster: Roster, *people: UUID, within: float = 2.0) -> float:
    """Wait until exactly these are connected; the seconds it took."""
    began = monotonic()
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            while roster.people() != set(people):
                await asyncio.sleep(0.02)
    assert roster.people() == set(people)
    return monotonic() - began


async def stays(roster: Roster, *people: UUID, seconds: float) -> None:
    end = monotonic() + seconds
    while monotonic() < end:
        assert roster.people() == set(people)
        await asyncio.sleep(0.02)


async def until_complete(*rosters: Roster) -> None:
    async with asyncio.timeout(10):
        while not all(roster.complete for roster in rosters):
            await asyncio.sleep(0.02)


async def test_somebody_is_there_while_a_tab_of_theirs_is_open(system: System):
    roster = system.process()
    assert roster.people() == set()
    roster.enter(SCREEN, ALICE)
    roster.enter(SCREEN, ALICE)
    roster.enter(TABLET, ALICE)
    assert (roster.people(), roster.sockets(SCREEN), roster.sockets(TABLET)) == ({ALICE}, 2, 1)
    roster.leave(SCREEN, ALICE)
    roster.leave(SCREEN, ALICE)
    assert (roster.people(), roster.sockets(SCREEN)) == ({ALICE}, 0)
    roster.leave(TABLET, ALICE)
    assert (roster.people(), roster.sockets(TABLET)) == (set(), 0)


async def test_of_several_people_each_is_there_for_themselves(system: System):
    roster = system.process()
    roster.enter(SCREEN, ALICE)
    roster.enter(TABLET, BOB)
    assert roster.people() == {ALICE, BOB}
    roster.leave(SCREEN, ALICE)
    assert roster.people() == {BOB}


async def test_who_is_asked_again_answers_the_same(system: System):
    roster = system.process()
    roster.enter(SCREEN, ALICE)
    first = roster.people()
    assert roster.people() is first
    roster.enter(SCREEN, ALICE)
    assert roster.people() == first


async def test_everybody_is_known_in_the_end(system: System):
    roster = system.process()
    roster.enter(SCREEN, ALICE)
    await until_complete(roster)
    assert roster.people() == {ALICE}


async def test_another_process_is_told(several: System):
    here, there = several.process(), several.process()
    here.enter(SCREEN, ALICE)
    await becomes(there, ALICE)
    assert there.sockets(SCREEN) == 1
    there.enter(SCREEN, ALICE)
    there.enter(TABLET, BOB)
    await becomes(here, ALICE, BOB)
    assert here.sockets(SCREEN) == 2
    here.leave(SCREEN, ALICE)
    await stays(here, ALICE, BOB, seconds=0.8)
    there.leave(SCREEN, ALICE)
    await becomes(here, BOB)


async def test_a_process_that_comes_later_hears_of_everybody(several: System):
    here = several.process()
    here.enter(SCREEN, ALICE)
    await asyncio.sleep(0.3)
    later = several.process()
    await becomes(later, ALICE)


async def test_a_process_that_stops_takes_its_sockets_with_it_at_once(several: System):
    here, there = several.process(), several.process()
    here.enter(SCREEN, ALICE)
    await becomes(there, ALICE)
    await until_complete(there)
    await several.stop(here)
    await becomes(there, within=1.5)


async def test_a_process_that_is_killed_is_forgotten_after_a_while(several: System):
    here, there = several.process(), several.process()
    assert isinstance(here, SharedRoster)
    here.enter(SCREEN, ALICE)
    await becomes(there, ALICE)
    await several.kill(here)
    await stays(there, ALICE, seconds=LIFE_SECONDS - 3)
    assert there.sockets(SCREEN) == 0, "its places are free again long before"
    assert await becomes(there, within=6) < 15 - (LIFE_SECONDS - 3)
    assert there.complete


async def test_what_redis_forgets_is_written_anew(several: System, valkey: str):
    here, there = several.process(), several.process()
    here.enter(SCREEN, ALICE)
    there.enter(TABLET, BOB)
    await becomes(there, ALICE, BOB)
    await until_complete(here, there)
    async with Redis.from_url(valkey) as redis:
        await redis.flushall()
    await stays(there, ALICE, BOB, seconds=2)
    later = several.process()
    await becomes(later, ALICE, BOB, within=REFRESH)
    await until_complete(here, there, later)
    assert here.people() == there.people() == later.people() == {ALICE, BOB}


async def test_systems_share_a_redis_and_nothing_else(several: System, valkey: str):
    here = several.process()
    here.enter(SCREEN, ALICE)
    await until_complete(here)
    async with several.database.connection() as connection:
        await connection.execute("UPDATE event_stream SET epoch = epoch + 1")
    other = several.process()
    await until_complete(other)
    assert (other.people(), other.sockets(SCREEN)) == (set(), 0)
    here.begin_anew()
    await becomes(other, ALICE)


@pytest.fixture
async def fragile(database: Database) -> AsyncIterator[tuple[System, ValkeyServer]]:
    """A system over a Redis of its own."""
    server = ValkeyServer()
    async with system_of(database, lambda: SharedRoster(server.url)) as system:
        yield system, server
    server.go_on()
    server.stop()


async def test_nobody_waits_for_a_redis_that_hangs(fragile):
    system, server = fragile
    here, there = system.process(), system.process()
    here.enter(SCREEN, ALICE)
    await becomes(there, ALICE)
    await until_complete(here, there)
    server.hang()
    there.enter(TABLET, BOB)
    began = monotonic()
    assert (there.people(), there.sockets(TABLET), there.sockets(SCREEN)) == ({ALICE, BOB}, 1, 1)
    assert monotonic() - began < 0.05
    await asyncio.sleep(shared.SILENT_SECONDS + 0.5)
    assert not there.complete, "it is not known who is elsewhere"
    there.leave(TABLET, BOB)
    await stays(there, ALICE, seconds=0.5)
    here.leave(SCREEN, ALICE)
    server.go_on()
    await becomes(there, within=5)


async def test_a_redis_that_comes_back_empty_is_filled_again(fragile):
    system, server = fragile
    here, there = system.process(), system.process()
    here.enter(SCREEN, ALICE)
    await becomes(there, ALICE)
    await until_complete(here, there)
    server.restart()
    await stays(there, ALICE, seconds=1)
    here.enter(TABLET, BOB)
    await becomes(there, ALICE, BOB, within=REFRESH)
    await until_complete(here, there)
    assert here.people() == there.people() == {ALICE, BOB}


async def test_a_process_that_dies_with_redis_is_forgotten_too(fragile):
    system, server = fragile
    here, there = system.process(), system.process()
    here.enter(SCREEN, ALICE)
    await becomes(there, ALICE)
    await system.kill(here)
    server.restart()
    await becomes(there, within=15)


async def test_a_cancellation_that_the_driver_swallows_ends_it_all_the_same(several: System, monkeypatch):
    keep, asked, swallowed = Shelf.keep, asyncio.Event(), asyncio.Event()

    async def deaf(shelf: Shelf, page: bytes | None) -> bool:
        asked.set()
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            swallowed.set()
        return await keep(shelf, page)

    monkeypatch.setattr(Shelf, "keep", deaf)
    several.process()
    (process,) = several.processes
    await asyncio.wait_for(asked.wait(), 5)
    process.running.cancel()
    await asyncio.wait([process.running], timeout=5)
    assert swallowed.is_set()
    assert process.running.cancelled()


async def test_five_thousand_sockets_are_told(several: System):
    here, there = several.process(), several.process()
    await until_complete(here, there)
    crowd = [(uuid4(), uuid4()) for _ in range(5000)]
    for session, person in crowd:
        here.enter(session, person)
    await becomes(there, *(person for _, person in crowd), within=15)
    assert sum(there.sockets(session) for session, _ in crowd) == 5000
