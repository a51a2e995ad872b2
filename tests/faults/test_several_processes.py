"""Two serving processes and a worker over one Redis, all of which are killed, while calls come in and clients are cut off.

What the webhook acknowledged is stored, and every client is told every event once and in order. With CRM_SOAK=1 a thousand
sockets, else 48.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
from tests.customers.calling import Hotline
from tests.factories.api import Office, staffed
from tests.factories.system import System, address_of, kill, leads, switchboard, system_over
from tests.factories.wanderers import Wanderer, faults
from tests.notify.processes import until
from tests.servers import Serving, ValkeyServer

from crm.services.system.accounts import create_sessions

SOAK = bool(os.environ.get("CRM_SOAK"))
PEOPLE, SESSIONS, SOCKETS = (50, 5, 4) if SOAK else (12, 1, 4)
"""A ring group has at most 50 members, and a session at most 5 sockets."""
CUTS = 5
ROUNDS = 5 if SOAK else 1
PAUSE = 0.5 if SOAK else 0.05
"""Between calls: a thousand clients in one process of Python read some two thousand events a second on a busy machine."""
RECOVERY_SECONDS = 10.0
LONGEST = 900.0 if SOAK else 120.0


@pytest.fixture(params=[False], ids=["keeping nothing"])
def redis(request) -> Iterator[ValkeyServer]:
    server = ValkeyServer(keeps=request.param)
    yield server
    server.stop()


@pytest.fixture
async def office(client, database) -> Office:
    return await staffed(client, database)


@pytest.fixture
async def system(database, redis, serving) -> System:
    return await system_over(database, redis, serving)


class Storm:
    """Calls that come in without an end, and the clients that are told of them."""

    def __init__(self, system: System, hotline: Hotline, addresses: list[str], tokens: list[str], cuts: int = 0) -> None:
        self.system, self.hotline, self.addresses = system, hotline, addresses
        self.dice = random.Random(PEOPLE)
        self.acknowledged: set[str] = set()
        lines = [token for token in tokens for _ in range(SOCKETS)]
        self.wanderers = [Wanderer(token, system.beginning, addresses, self.dice, cuts) for token in lines]

    @asynccontextmanager
    async def raging(self, pause: float):
        """Calls every so many seconds, and the clients' lives, for as long as the block lasts."""
        tasks = [asyncio.create_task(each.live()) for each in self.wanderers]
        ringing = asyncio.create_task(self._ring(pause))
        try:
            yield
            ringing.cancel()
            await self._settle()
        finally:
            for task in [ringing, *tasks]:
                task.cancel()
            ended = await asyncio.gather(ringing, *tasks, return_exceptions=True)
        assert [each for each in ended if not isinstance(each, asyncio.CancelledError)] == []

    async def reached_all(self, within: float) -> float:
        """How long until everybody has what is written now."""
        began, target = time.monotonic(), (await self.written())[-1:]
        await until(lambda: all(each.last >= target[0] for each in self.wanderers), within, 0.02)
        return time.monotonic() - began

    async def slowest(self) -> float:
        """The longest that any client waited for any event, from its recording on; for clients that were there all the time."""
        async with self.system.database.connection() as connection:
            rows = await connection.fetch("SELECT seq, recorded_at FROM event WHERE seq IS NOT NULL")
        recorded = {row["seq"]: row["recorded_at"].timestamp() for row in rows}
        waits = [at - recorded[seq] for each in self.wanderers for seq, at in zip(each.seqs, each.times, strict=True)]
        return round(max(waits), 3)

    async def written(self) -> list[int]:
        async with self.system.database.connection() as connection:
            rows = await connection.fetch("SELECT seq FROM event WHERE topic = 'incomingCalls' AND seq IS NOT NULL ORDER BY seq")
        return [row["seq"] for row in rows]

    async def _ring(self, pause: float) -> None:
        """Each event is told again until somebody acknowledges it, as switchboards do."""
        while True:
            event = self.hotline.pbx.event(self.dice.choice(("ringing", "missed")), f"c{next(self.hotline.pbx.numbers)}")
            while event["event_id"] not in self.acknowledged:
                with suppress(httpx.HTTPError, OSError):
                    async with httpx.AsyncClient(base_url=self.dice.choice(self.addresses), timeout=10) as http:
                        if (await switchboard(http, self.hotline.pbx).post(event)).status_code == 200:
                            self.acknowledged.add(event["event_id"])
                            break
                await asyncio.sleep(0.05)
            await asyncio.sleep(pause)

    async def _settle(self) -> None:
        async def all_told() -> bool:
            async with self.system.database.connection() as connection:
                if await connection.fetchval("SELECT EXISTS (SELECT FROM event WHERE seq IS NULL)"):
                    return False
            last = (await self.written())[-1]
            return all(each.last == last for each in self.wanderers)

        with suppress(TimeoutError):  # what is missing then is counted
            await until(all_told, 60, 0.1)
        await asyncio.sleep(0.5)

    async def judge(self, record_property, **more: object) -> None:
        """Everything that was acknowledged, to everybody, once and in order."""
        written = await self.written()
        lost, wrong = faults(self.wanderers, written)
        async with self.system.database.connection() as connection:
            stored = {row["key"] for row in await connection.fetch("SELECT key FROM call_event WHERE source = 'pbx'")}
        told = {
            "sockets": len(self.wanderers),
            "published": len(written),
            "delivered": sum(len(each.seqs) for each in self.wanderers),
            "lost": lost, "duplicated or out of order": wrong, "cuts": sum(each.cuts for each in self.wanderers),
            "comebacks": sum(each.comebacks for each in self.wanderers), **more,
        }  # fmt: skip
        for name, value in told.items():
            record_property(name, value)
        assert self.acknowledged <= stored
        assert [each.refused for each in self.wanderers if each.refused] == []
        assert (lost, wrong) == (0, 0)
        assert all(each.seqs == written for each in self.wanderers)


async def test_every_event_once_and_in_order_whoever_is_killed(system: System, redis, office, record_property):
    hotline = await Hotline(office).staffed(PEOPLE)
    tokens = await _signed_in(system, hotline)
    webs = [system.web() for _ in range(2)]
    worker = system.worker()
    addresses = [await address_of(web) for web in webs]
    await until(lambda: leads(worker.address()), 30)
    storm, kills, began = Storm(system, hotline, addresses, tokens, CUTS), {"web": 0, "worker": 0, "redis": 0}, time.monotonic()
    async with storm.raging(0.1):
        while kills["redis"] < ROUNDS or any(each.cuts < CUTS for each in storm.wanderers):
            assert time.monotonic() - began < LONGEST, kills
            for place in range(2):
                webs[place] = await _again(system, webs[place], int(addresses[place].rpartition(":")[2]))
                kills["web"] += 1
                await asyncio.sleep(1 + storm.dice.random())
            worker = await _again(system, worker, None)
            kills["worker"] += 1
            await asyncio.to_thread(redis.restart, storm.dice.random())
            kills["redis"] += 1
            await asyncio.sleep(1 + storm.dice.random())
    await storm.judge(record_property, kills=kills)
    assert min(each.cuts for each in storm.wanderers) >= CUTS
    assert system.complaints == []


async def _signed_in(system: System, hotline: Hotline) -> list[str]:
    """The sessions of everybody."""
    return [token for agent in hotline.agents for token in await create_sessions(system.database, agent.username, SESSIONS)]


async def _again(system: System, process: Serving, port: int | None) -> Serving:
    """Killed with no warning, and started again."""
    kill(process)
    started = system.worker() if port is None else system.web(port=port)
    await address_of(started)
    return started


@pytest.mark.parametrize("redis", [False, True], ids=["keeping nothing", "keeping what it had"], indirect=True)
async def test_redis_may_be_killed_flushed_or_hung_under_sockets(system: System, redis, office, record_property):
    hotline = await Hotline(office).staffed(PEOPLE)
    tokens = await _signed_in(system, hotline)
    server, worker = system.web("--workers", "2"), system.worker()
    address = await address_of(server)
    await until(lambda: leads(worker.address()), 30)
    storm, recovered = Storm(system, hotline, [address], tokens), {}
    async with storm.raging(PAUSE):
        await until(lambda: all(each.seqs for each in storm.wanderers), 60, 0.1)
        for _ in range(ROUNDS):
            for name, strike in STRIKES.items():
                await strike(redis)
                await asyncio.sleep(0.5)
                recovered[name] = max(recovered.get(name, 0.0), round(await storm.reached_all(RECOVERY_SECONDS), 3))
                await asyncio.sleep(1.5)
    slowest = await storm.slowest()
    await storm.judge(record_property, recovered=recovered, slowest=slowest)
    assert slowest < RECOVERY_SECONDS
    assert sum(each.comebacks for each in storm.wanderers) == 0, "nobody's socket has anything to do with Redis"
    assert system.complaints == []


async def _kill(redis: ValkeyServer) -> None:
    await asyncio.to_thread(redis.restart, 1.0)


async def _flush(redis: ValkeyServer) -> None:
    redis.run("FLUSHALL")


async def _hang(redis: ValkeyServer) -> None:
    redis.hang()
    await asyncio.sleep(4)
    redis.go_on()


async def _pause(redis: ValkeyServer) -> None:
    redis.run("CLIENT", "PAUSE", "3000", "ALL")


STRIKES = {"killed": _kill, "flushed": _flush, "hung": _hang, "paused": _pause}
