"""Gateways between fake switchboards and the real database: what is rung, what is dialled, and what no failure may cost."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from tests.conftest import make_settings
from tests.customers.calling import Hotline
from tests.factories.api import Office, opened, staffed
from tests.factories.asterisk_calls import QueueCall
from tests.factories.freeswitch_calls import BridgedCall
from tests.factories.switchboards import FakeAsterisk, FakeFreeSwitch, FakeSwitchboard, on_the_line, until

from crm import metrics
from crm.app import create_app
from crm.notify.gateways import leading, supervised, wire
from crm.notify.gateways.ami.client import AmiClient, address_of
from crm.notify.gateways.ami.events import Asterisk
from crm.notify.gateways.esl.client import EslClient
from crm.notify.gateways.esl.events import FreeSwitch
from crm.notify.gateways.gateway import Gateway
from crm.notify.gateways.leading import leading as led
from crm.notify.gateways.wire import Disconnected, Refused
from crm.services.customers import call_intake
from crm.services.deeds import DiallingPlan

office = pytest.fixture(opened)
LASTS = 4.0 if os.environ.get("CRM_SOAK") else 1.2
"""Seconds within which the calls of the test under load begin."""
SOAK = bool(os.environ.get("CRM_SOAK"))
KINDS: dict[str, Any] = {"ami": (FakeAsterisk, Asterisk, QueueCall), "esl": (FakeFreeSwitch, FreeSwitch, BridgedCall)}


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, ami_url="ami://crm:secret@127.0.0.1:1")


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    """Reconnections do not wait: the pauses between them are looked at apart."""
    monkeypatch.setattr(supervised, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(supervised, "LONGEST_PAUSE", 0.02)


def switchboard(kind: str, board: FakeSwitchboard) -> Any:
    return KINDS[kind][1](board.url)


@asynccontextmanager
async def listening(hotline: Hotline, kind: str, board: FakeSwitchboard) -> AsyncIterator[Gateway]:
    gateway = Gateway(hotline.office.database, switchboard(kind, board), DiallingPlan("CN", "0571"))
    task = asyncio.create_task(gateway.run())
    try:
        yield gateway
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def heard(kind: str) -> float:
    return float(metrics.gateway_connected.labels(kind)._value.get())


async def stored(hotline: Hotline) -> dict[str, str]:
    return {row["external_id"]: row["state"] for row in await hotline.office.rows("SELECT external_id, state FROM call")}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_call_from_ring_to_end(hotline: Hotline, kind: str):
    fake, _, make = KINDS[kind]
    async with on_the_line(fake()) as board, listening(hotline, kind, board) as gateway:
        await until(lambda: heard(kind))
        call = make(board)
        call.begin()
        call.ring()
        await until(lambda: stored(hotline))
        await gateway.intake.drained()
        found = await hotline.read(call.id)
        assert (found["state"], found["direction"], found["line"]) == ("RINGING", "INBOUND", "4000")
        assert found["number"] == {"e164": "+8613800000000", "raw": "13800000000", "display": "138 0000 0000"}
        assert [each["username"] for each in found["candidates"]] == ["agent1", "agent2"]
        call.answer("1002")
        call.end("1002")
        await until(lambda: _is(hotline, call.id, "ENDED"))
        found = await hotline.read(call.id)
        assert (found["claimedBy"], found["owner"]) == ({"username": "agent2"}, {"username": "agent2"})
        assert await hotline.office.value("SELECT count(*) FROM call") == 1


async def _is(hotline: Hotline, call: str, state: str) -> bool:
    return (await stored(hotline)).get(call) == state


@pytest.mark.parametrize("kind", KINDS)
async def test_after_a_break_what_goes_on_is_told_and_what_is_gone_is_lost(hotline: Hotline, kind: str):
    fake, _, make = KINDS[kind]
    async with on_the_line(fake()) as board, listening(hotline, kind, board):
        await until(lambda: heard(kind))
        kept, gone, fresh = make(board), make(board), make(board)
        for call in (kept, gone):
            call.begin()
            call.ring()
        await until(lambda: _count(hotline, 2))
        board.deaf = True
        board.drop()
        kept.answer("1001")
        gone.give_up()
        fresh.begin()
        fresh.ring()
        board.deaf = False
        await until(lambda: _is(hotline, kept.id, "ANSWERED"))
        await until(lambda: _is(hotline, gone.id, "LOST"))
        await until(lambda: _is(hotline, fresh.id, "RINGING"))
        assert (await hotline.read(kept.id))["claimedBy"] == {"username": "agent1"}
        kept.end("1001")
        fresh.give_up()
        await until(lambda: _is(hotline, kept.id, "ENDED"))
        await until(lambda: _is(hotline, fresh.id, "ABANDONED"))
        assert await hotline.read(gone.id, "callBack { kind }") == {"callBack": {"kind": "TASK"}}


async def _count(hotline: Hotline, count: int) -> bool:
    return len(await stored(hotline)) == count


async def live(board: FakeSwitchboard, make: Any, dice: random.Random, calls: list[Any]) -> None:
    """A call with a course of its own, however often the line is cut meanwhile."""
    call = make(board, caller=f"139{dice.randrange(10**8):08}")
    calls.append(call)
    await asyncio.sleep(dice.random() * LASTS)
    call.begin()
    await asyncio.sleep(dice.random() * 0.1)
    call.ring()
    await asyncio.sleep(dice.random() * 0.4)
    course = dice.choice(("answer", "answer and end", "give up", "ring on"))
    if course == "give up":
        call.give_up()
    elif course != "ring on":
        call.answer(dice.choice(("1001", "1002")))
        await asyncio.sleep(dice.random() * 0.4)
        if course != "answer":
            call.end(next(agent for agent in call.agents if call.legs[agent] in board.channels))


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_under_load_no_call_is_lost_that_goes_on_and_none_invented(
    hotline: Hotline, kind: str, record_property, monkeypatch
):
    """Killed in the middle of anything, stalled, muddled: afterwards both sides agree on what goes on."""
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.5)
    fake, _, make = KINDS[kind]
    kills, calls = (50, 400) if SOAK else (20, 60)
    dice, board, made = random.Random(kills), fake(seed=5), []
    board.muddled = True
    async with on_the_line(board), listening(hotline, kind, board) as gateway:
        lives = [asyncio.create_task(live(board, make, dice, made)) for _ in range(calls)]
        for number in range(kills):
            await until(lambda: heard(kind))
            await asyncio.sleep(dice.random() * 0.06)
            if number % 5 == 4:
                await board.stop()
                await asyncio.sleep(dice.random() * 0.02)
                await board.start()
            elif number % 5 == 3:
                board.stalled = True
                await asyncio.sleep(dice.random() * 0.02)
                board.drop()
                board.stalled = False
            else:
                board.drop()
        await asyncio.gather(*lives)
        board.muddled = False
        board.event("Nothing")  # and what was held back
        await until(lambda: heard(kind))
        await until(lambda: _agree(hotline, board, made), 20)
        await gateway.intake.drained()
        found = await stored(hotline)
        assert set(found) <= {call.id for call in made}, "none is invented"
        assert all(found[call.id] in ("RINGING", "ANSWERED") for call in made if call.id in board.channels)
        assert sum(state == "LOST" for state in found.values()) < len(found)
    record_property("kills, log-ins, calls, stored, lost", (
        kills, board.logins, calls, len(found), sum(state == "LOST" for state in found.values()),
    ))  # fmt: skip


async def _agree(hotline: Hotline, board: FakeSwitchboard, made: list[Any]) -> bool:
    """What rings or is answered there does so here, and nothing else."""
    found = await stored(hotline)
    going = {name for name, state in found.items() if state in ("RINGING", "ANSWERED", "HELD", "TRANSFERRED")}
    return going == {call.id for call in made if call.id in board.channels}


async def test_nothing_is_lost_while_the_database_is_away(hotline: Hotline, monkeypatch):
    taken = call_intake.take_in
    away = True

    async def take_in(*given: Any) -> int:
        if away:
            raise ConnectionError("the database is away")
        return await taken(*given)

    monkeypatch.setattr("crm.notify.gateways.intake.take_in", take_in)
    monkeypatch.setattr("crm.notify.gateways.intake.PAUSE", 0.01)
    async with on_the_line(FakeAsterisk()) as board, listening(hotline, "ami", board) as gateway:
        await until(lambda: heard("ami"))
        calls = [QueueCall(board) for _ in range(3)]
        for call in calls:
            call.begin()
            call.ring()
            call.answer("1001")
        calls[0].end("1001")
        await board.said()
        await asyncio.sleep(0.05)
        assert await stored(hotline) == {}
        away = False
        await until(lambda: _is(hotline, calls[0].id, "ENDED"))
        await gateway.intake.drained()
        assert sorted((await stored(hotline)).values()) == ["ANSWERED", "ANSWERED", "ENDED"]


async def test_one_event_that_cannot_be_written_costs_no_other(hotline: Hotline):
    before = metrics.call_events_refused.labels("ami")._value.get()
    with capture_logs() as said:
        await _with_one_bad_event(hotline, before)
    assert [each["call"] for each in said if each["log_level"] == "error"] == ["x" * 500] * 2


async def _with_one_bad_event(hotline: Hotline, before: float) -> None:
    async with on_the_line(FakeAsterisk()) as board, listening(hotline, "ami", board):
        await until(lambda: heard("ami"))
        bad, good = QueueCall(board), QueueCall(board)
        bad.id = "x" * 500  # longer than any name of a call that there is room for
        for call in (bad, good):
            call.begin()
            call.ring()
        await until(lambda: _is(hotline, good.id, "RINGING"))
        await until(lambda: metrics.call_events_refused.labels("ami")._value.get() == before + 2)
        assert set(await stored(hotline)) == {good.id}


@pytest.mark.parametrize("kind", KINDS)
async def test_a_switchboard_that_falls_silent_is_left(kind: str, monkeypatch):
    monkeypatch.setattr(wire, "ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(wire, "PING_SECONDS", 0.05)
    async with on_the_line(KINDS[kind][0]()) as board:
        connection = await switchboard(kind, board).log_in(lambda _: None)
        ending = asyncio.create_task(connection.ended())
        await asyncio.sleep(0.2)
        assert not ending.done(), "it answers when it is asked whether it is there"
        board.stalled = True
        with pytest.raises(Disconnected, match="does not answer"):
            await asyncio.wait_for(ending, 5)
        board.stalled = False
        await connection.close()


async def test_log_ins_that_fail_say_why(monkeypatch):
    async with on_the_line(FakeAsterisk()) as board:
        with pytest.raises(Refused, match="Authentication failed"):
            await AmiClient.log_in(address_of(board.url.replace("secret", "guess")), lambda _: None)
        assert board.logins == 0
    async with on_the_line(FakeFreeSwitch()) as board:
        with pytest.raises(Refused, match="invalid"):
            await EslClient.log_in(FreeSwitch(board.url.replace("secret", "guess")).address, lambda _: None)
        board.deaf = True
        with pytest.raises(Disconnected):
            await FreeSwitch(board.url).log_in(lambda _: None)
    with pytest.raises(OSError, match="Connect call failed"):
        await Asterisk(board.url.replace("esl", "ami")).log_in(lambda _: None)


async def test_pauses_between_attempts_grow_and_are_not_all_alike(monkeypatch):
    monkeypatch.setattr(supervised, "FIRST_PAUSE", 0.25)
    monkeypatch.setattr(supervised, "LONGEST_PAUSE", 10.0)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 12:
            raise asyncio.CancelledError

    async def session(_: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(supervised.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await supervised.supervised("nobody", session)
    for place, seconds in enumerate(slept):
        middle = min(0.25 * 2**place, 10)
        assert 0.75 * middle <= seconds <= 1.25 * middle
    assert len({round(seconds / min(0.25 * 2**place, 10), 6) for place, seconds in enumerate(slept)}) > 6


async def test_a_list_that_does_not_end_ends_the_connection(hotline: Hotline, monkeypatch):
    monkeypatch.setattr("crm.notify.gateways.ami.client.MOST_LISTED", 50)
    async with on_the_line(FakeAsterisk()) as board:
        board.channels = {str(n): {"Uniqueid": str(n), "Linkedid": str(n), "Channel": "x"} for n in range(60)}
        async with listening(hotline, "ami", board):
            await until(lambda: board.logins >= 3)
            assert not heard("ami")
            board.channels.clear()
            await until(lambda: heard("ami"))


async def test_of_several_processes_one_listens_and_another_takes_over(hotline: Hotline, monkeypatch):
    monkeypatch.setattr(leading, "LOOK_SECONDS", 0.02)
    database = hotline.office.database
    running: list[int] = []

    def work(number: int) -> Any:
        async def listen() -> None:
            running.append(number)
            try:
                await asyncio.sleep(60)
            finally:
                running.remove(number)

        return listen

    tasks = {number: asyncio.create_task(led(database.url, "test", work(number))) for number in range(3)}
    await until(lambda: running)
    for _ in range(2):
        await asyncio.sleep(0.08)
        (holder,) = running
        tasks[holder].cancel()
        await asyncio.gather(tasks.pop(holder), return_exceptions=True)
        await until(lambda: running)
        assert holder not in running
    (holder,) = running
    async with database.connection() as connection:  # the server ends its connection, and with it its lock
        await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'crm gateway'"
            " AND datname = current_database()"
        )
    await until(lambda: not running)
    await until(lambda: running == [holder])
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


async def test_a_serving_process_listens_and_dials(database, tmp_path):
    """From the verb over the process's own gateway to the switchboard and back, as `crm serve` puts it together."""
    async with on_the_line(FakeAsterisk()) as board:
        app = create_app(make_settings(database, tmp_path, ami_url=board.url), database)
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
            hotline = await Hotline(await staffed(client, database)).staffed(1)
            await until(lambda: board.logins)
            call = await hotline.agents[0].do("callDial", "call { state }", input={"number": "10086"})
            assert call == {"state": "RINGING"}
            await until(lambda: board.asked)
            assert board.asked[0]["Exten"] == "10086"
        await until(lambda: not board._lines)
