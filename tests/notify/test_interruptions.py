"""What goes wrong while an event is on its way: it is not used up, and nobody is left listening to nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest
from tests.customers.calling import Hotline
from tests.factories.sockets import CALLS, ConnectedOffice, connected
from tests.notify.streams import ALICE, commit, flowing

from crm.endpoints.pushes import press
from crm.graph.context import Operation
from crm.graph.plans.planner import Planner
from crm.notify import relay
from crm.notify.brokers import MemoryBroker

office = pytest.fixture(connected)


async def test_a_new_leader_with_a_long_backlog_skips_nothing(database, monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 5)
    numbered = [await commit(database, ALICE) for _ in range(23)]
    async with flowing(database):
        await _stamped(database)
    waiting = [await commit(database, ALICE) for _ in range(3)]
    broker, heard = MemoryBroker(), []
    broker.read(lambda event: heard.append(event.record_id), lambda: None)
    follower = relay.Relay(database, broker)
    async with database.connection() as connection:
        follower._epoch = await connection.fetchval("SELECT epoch FROM event_stream")
    broker.begin_anew(follower._epoch, 0)  # it was cut off while the other one led
    running = asyncio.create_task(follower.run())
    async with asyncio.timeout(5):
        while len(heard) < 26:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert heard == numbered + waiting


async def _stamped(database) -> None:
    async with asyncio.timeout(5):
        while True:
            async with database.connection() as connection:
                if not await connection.fetchval("SELECT count(*) FROM event WHERE seq IS NULL"):
                    return
            await asyncio.sleep(0.01)


async def test_an_event_of_another_version_holds_up_nobody(database):
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        before = await commit(database, ALICE)
        async with database.connection() as connection:
            await connection.execute(
                "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)"
                " VALUES ('fromTheFuture', gen_random_uuid(), 1, '{}', now())"
            )
        after = await commit(database, ALICE)
        await ear.has([before, after])


async def test_rights_that_keep_changing_cost_time_and_no_event(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    stop = asyncio.Event()

    async def churn() -> None:
        while not stop.is_set():
            await office.rows("UPDATE rights_epoch SET epoch = epoch + 1")
            await asyncio.sleep(0.002)

    async with office.listens(hotline.agents[0], CALLS) as mine:
        churning = asyncio.create_task(churn())
        for number in range(10):
            await hotline.pbx.tell("ringing", f"c{number}", caller="")
        await asyncio.sleep(0.3)
        stop.set()
        await churning
        assert len(await mine.drain(1)) == 10


FAILURES = [asyncpg.ConnectionDoesNotExistError("gone"), asyncpg.InterfaceError("gone"), TimeoutError(), OSError()]


@pytest.mark.parametrize("place", [1, 2, 3])
@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: type(failure).__name__)
async def test_a_statement_that_fails_is_tried_again(office: ConnectedOffice, monkeypatch, place: int, failure: Exception):
    hotline = await Hotline(office).staffed(1)
    run, statements = Operation.run, 0

    async def failing(self: Operation, prepare: Any) -> Any:
        nonlocal statements
        statements += 1
        if statements == place:
            raise failure
        return await run(self, prepare)

    async with office.listens(hotline.agents[0], CALLS) as mine:
        monkeypatch.setattr(Operation, "run", failing)
        await hotline.pbx.tell("ringing", "c1", caller="")
        assert (await mine.next())["call"]["state"] == "RINGING"
        assert await mine.silent()


async def test_a_record_that_goes_between_the_gate_and_the_reading_is_judged_again(office: ConnectedOffice, monkeypatch):
    """A share that is withdrawn moves no epoch. What was there a moment ago is no crash, and no answer without a call in it."""
    hotline = await Hotline(office).staffed(1)
    record, asked = Planner.record, 0

    async def gone_at_first(self: Planner, *arguments: Any, **options: Any) -> Any:
        nonlocal asked
        asked += 1
        return None if asked == 1 else await record(self, *arguments, **options)

    async with office.listens(hotline.agents[0], CALLS) as mine:
        monkeypatch.setattr(Planner, "record", gone_at_first)
        await hotline.pbx.tell("ringing", "c1", caller="")
        assert (await mine.next())["call"]["state"] == "RINGING"
        assert await mine.silent()
    assert asked > 1


async def test_a_database_that_stays_away_closes_the_socket_so_that_clients_come_back(office: ConnectedOffice, monkeypatch):
    monkeypatch.setattr(press, "LONGEST_PAUSE", 0.05)
    hotline = await Hotline(office).staffed(1)
    run = Operation.run

    async def failing(self: Operation, prepare: Any) -> Any:
        raise OSError

    async with office.listens(hotline.agents[0], CALLS) as mine:
        await hotline.pbx.tell("ringing", "c0", caller="")
        await mine.next()
        monkeypatch.setattr(Operation, "run", failing)
        await hotline.pbx.tell("ringing", "c1", caller="")
        assert await mine.line.closes() == 1013
    monkeypatch.setattr(Operation, "run", run)
    async with office.listens(hotline.agents[0], CALLS, mine.cursor) as again:
        assert (await again.next())["call"]["state"] == "RINGING"


async def test_a_database_that_is_restored_under_us_sends_everybody_back(office: ConnectedOffice, monkeypatch):
    monkeypatch.setattr(relay, "LEAD_SECONDS", 0.05)
    hotline = await Hotline(office).staffed(1)
    async with office.listens(hotline.agents[0], CALLS) as mine:
        await hotline.pbx.tell("ringing", "c1", caller="")
        await mine.next()
        await office.rows("UPDATE event_stream SET epoch = epoch + 1")
        assert await mine.line.closes() == 1012
    async with office.line(hotline.agents[0].token) as line:
        assert (await (await line.subscribe(CALLS, after=mine.cursor)).error())["code"] == "HISTORY_GONE"
    async with office.listens(hotline.agents[0], CALLS) as again:
        await hotline.pbx.tell("ringing", "c2", caller="")
        assert (await again.next())["call"]["state"] == "RINGING"


async def test_people_who_are_hired_keep_nobody_from_reading_or_claiming(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    agent, stop = hotline.agents[0], asyncio.Event()

    async def hire() -> None:
        while not stop.is_set():
            await office.rows("UPDATE rights_epoch SET epoch = epoch + 1")
            await asyncio.sleep(0.005)

    hiring = asyncio.create_task(hire())
    for number in range(5):
        await hotline.pbx.tell("ringing", f"c{number}", caller="")
        call = await office.value("SELECT id FROM call WHERE external_id = $1", f"c{number}")
        assert (await agent.do("callClaim", "call { state }", id=str(call)))["state"] == "ANSWERED"
        assert len((await agent.ask("calls", "nodes { id }"))["nodes"]) == number + 1
    stop.set()
    await hiring
