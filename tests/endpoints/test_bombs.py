"""Bombs against a server process: each is refused before anything runs, costs little, and keeps nobody waiting."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.factories.api import staffed
from tests.factories.bombs import BOMBS
from tests.servers import SECRET_KEY, Serving

MOST_SECONDS = 0.5
LONGEST_STALL = 0.25
TICKS = os.sysconf("SC_CLK_TCK")
FILTER = "query ($f: CustomerFilter, $n: Int) { customers(filter: $f, first: $n) { nodes { id } } }"


def body(query: str, variables: Any = None) -> bytes:
    return json.dumps({"query": query, "variables": variables}).encode()


def raw(query: str, variables: bytes) -> bytes:
    """With variables that no honest encoder writes."""
    return b'{"query":' + json.dumps(query).encode() + b',"variables":' + variables + b"}"


BODIES: dict[str, bytes] = {
    "5 MB": body("{ me { id } }" + " " * 5_000_000),
    "a whole body of document": body("{ " + "me " * 80_000 + "}"),
    "200 KB of variables": body(FILTER, {"f": {"id": {"in": ["x" * 30] * 6000}}}),
    "15,000 wrong values": body(FILTER, {"f": {"or": [{"nope": 1}] * 15_000}}),
    "deep variables": raw(FILTER, b'{"f":' + b'{"not":' * 900 + b"{}" + b"}" * 901),
    "deeper variables": raw("{me{id}}", b'{"f":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "deep variables nobody asked for": raw("{nope}", b'{"f":' + b"[" * 900 + b"]" * 900 + b"}"),
    "a number of ten thousand digits as a variable": raw("{nope}", b'{"n":' + b"9" * 10_000 + b"}"),
    "the same where a number is expected": raw(FILTER, b'{"n":' + b"9" * 10_000 + b"}"),
}


@pytest.fixture
def server(database, serving) -> Any:
    process: Serving = serving("serve", "--port", "0", CRM_DATABASE_URL=database.url, CRM_SECRET_KEY=SECRET_KEY)
    process.address()
    yield process
    process.end(signal.SIGTERM)


def spent(process: Serving) -> float:
    """Processor time the server has used, all its threads together."""
    fields = Path(f"/proc/{process.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Neighbour:
    """Somebody who works beside it: asks again and again, and notes how long the longest answer took."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self.ask = ask
        self.longest = 0.0
        self.leaving = False

    @asynccontextmanager
    async def working(self) -> Any:
        task = asyncio.create_task(self._work())
        yield self
        self.leaving = True
        await task

    async def _work(self) -> None:
        while not self.leaving:
            started = time.perf_counter()
            assert (await self.ask()).data == {"me": {"username": "neighbour"}}
            self.longest = max(self.longest, time.perf_counter() - started)
            await asyncio.sleep(0.005)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processor time of another process is read from /proc")
async def test_bombs_are_refused_cheaply_and_nobody_waits(database, server):
    async with httpx.AsyncClient(base_url=server.address(), timeout=30) as client:
        office = await staffed(client, database)
        neighbour = await office.hire("neighbour")
        async with Neighbour(lambda: neighbour.run("{ me { username } }")).working() as calm:
            await asyncio.sleep(1)
        told: dict[str, float] = {}
        stalls: dict[str, float] = {}
        headers = {"Authorization": f"Bearer {office.admin.token}", "Content-Type": "application/json"}
        bombs = {name: body(make(size)) for name, (make, size) in BOMBS.items()} | BODIES
        for name, content in bombs.items():
            await asyncio.sleep(0.05)
            async with Neighbour(lambda: neighbour.run("{ me { username } }")).working() as beside:
                before = spent(server)
                await asyncio.sleep(0.01)
                answer = await client.post("/graphql", content=content, headers=headers)
                await asyncio.sleep(0.02)
                told[name], stalls[name] = spent(server) - before, beside.longest
            assert answer.status_code in (200, 400, 413), (name, answer.text)
            if answer.status_code != 413:
                codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
                assert codes <= {"QUERY_TOO_COMPLEX", "BAD_USER_INPUT"}, (name, answer.text)
                assert answer.json().get("data") in (None, {"customers": None}), name
    assert {name for name, seconds in told.items() if seconds > MOST_SECONDS} == set()
    assert max(stalls.values()) < LONGEST_STALL + 3 * calm.longest, stalls
    assert [line for line in server.lines if "Traceback" in line] == []
