"""P9: from the switchboard's request to the popup's frame at the agent, with a million telephone numbers in the database.

A server process over the embedded PostgreSQL; eight agents of one ring group listen with a popup's whole selection, and thousands
of others have their sockets open beside them; calls come at a steady rate, half of them from known numbers. The clock starts
before the request is sent and stops when an agent's client has the frame, so the signing, the HTTP request and the client's own
work are in it. One client process does both on this machine; the others' sockets are held by another, which sees to it that none
of them is told anything.

The same through the gateways: switchboards of ours speak Asterisk's manager interface and FreeSWITCH's event socket to the
server, and ring eight telephones one after the other, as those do. The clock starts before the first of a call's events is said,
and stops with the first frame that an agent has of the call.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import os
import random
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
from tests.factories.asterisk_calls import QueueCall
from tests.factories.freeswitch_calls import BridgedCall
from tests.factories.switchboards import FakeAsterisk, FakeFreeSwitch, FakeSwitchboard, on_the_line, until
from websockets.asyncio.client import connect

from bench import machine
from bench.processes import cpu_seconds
from bench.push import company
from bench.push.fanout import SOCKETS
from bench.push.questions import BOTH
from bench.push.remote import client
from bench.results import Result
from crm.core.clock import now, print_instant
from crm.services.system.accounts import create_sessions
from crm.store.database import open_database
from crm.store.embedded import EmbeddedServer

ID, WHAT = "P9", "switchboard's request → frame at the agent"
IDS = (ID,)
CALLS, PER_SECOND, AGENTS, NUMBERS = 200, 5, 8, 1_000_000
WARMING = 20
"""Calls before those: the first ones have every statement planned on each connection. They are a figure of their own."""
PATIENCE = 300
"""Seconds until the server stands, and until the last popup is there, on a machine that has other things to do."""
FIRST = 13_000_000_000
SOURCE = Path(__file__).parent.parent
SECRET = "a secret for measuring"
WATCHED = """subscription { incomingCalls { cursor expiresAt call {
  id state direction number { e164 raw display } line ringingAt answeredAt endedAt
  candidates { id username } claimedBy { id username }
  matches { score reason restricted owner { id displayName } party { id name } contact { id name } } } } }"""
DATA = Path(__file__).parent.parent / ".bench" / "popup"
"""What takes long to make and is the same every time. Removing the folder makes it anew."""
KEPT, RUN = "crm", "popup_run"
BATCH = 50_000
RING_SECONDS = 3
SETTLE_SECONDS = 10
"""Until those who begin to listen have been told of all calls that ring still."""
BEGINS = itertools.count(9)
"""Each way has callers of its own: an earlier call's news must not be taken for this one's."""
Boards = dict[str, tuple[FakeSwitchboard, Any]]
ADD = """
INSERT INTO phone_number (id, contact_id, position, written, e164, tail, display, "primary")
SELECT gen_random_uuid(), ($3::uuid[])[1 + n % cardinality($3::uuid[])], 90, '+86' || n, '+86' || n, n % 100000000, '+86' || n,
       false
FROM generate_series($1::bigint, $2::bigint) n
"""


def measure(_: set[str]) -> list[Result]:
    wanted = f"{NUMBERS} numbers, {max(path.name for path in (SOURCE / 'migrations').glob('0*.py'))}"
    stamp = DATA / "filled"
    filled = stamp.exists() and stamp.read_text() == wanted
    if not filled:
        shutil.rmtree(DATA, ignore_errors=True)  # a half-filled one, or one of older migrations
        DATA.mkdir(parents=True)
        told("filling the demo company")
        crm(DATA, "demo", "--no-serve")
    with EmbeddedServer(DATA / ".crm") as server:
        if not filled:
            asyncio.run(add_numbers(server.url))
            stamp.write_text(wanted)
        url = asyncio.run(fresh(server.url))
        told("signing in")
        tokens, others = asyncio.run(sessions(url))
        machine.raise_descriptors()
        boards = switchboards()
        with served(DATA, url, boards) as (address, process):
            found, spent, noise = asyncio.run(crowded(address, tokens, others, process, boards))
    setup = (
        f"{CALLS} calls at {PER_SECOND}/s after {WARMING} others, {NUMBERS:,} numbers, {AGENTS} agents told of each, "
        f"{SOCKETS:,} other sockets open, absolute, client included"
    )
    figures = [
        (f"{what}, {which}", figure, len(times))
        for what, (_, times) in found.items()
        for which, figure in (
            ("p50", statistics.median(times)), ("p99", statistics.quantiles(times, n=100)[98]), ("longest", max(times)),
        )
    ]  # fmt: skip
    figures += [(f"{what}, longest of the first {WARMING} calls", max(first), len(first)) for what, (first, _) in found.items()]
    figures += [
        (f"processor time of the server's process for a call and its popups: {what}", spent[what], WARMING + CALLS)
        for what in spent
    ]
    return [Result(ID, what, round(value, 2), "ms", runs, setup, noisy=noise) for what, value, runs in figures]


def processor_seconds(process: int) -> float:
    """What a process has used so far: says something on a machine that is busy with other things, where times do not."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(what: str) -> None:
    print(f"{ID} {time.strftime('%H:%M:%S')} {what} …", file=sys.stderr, flush=True)


async def fresh(url: str) -> str:
    """A copy for this run: calls of the last one would be earlier callers of this one."""
    told("copying the database")
    admin = await asyncpg.connect(at(url, "postgres"), timeout=30)
    await admin.execute(f"DROP DATABASE IF EXISTS {RUN} WITH (FORCE)")
    await admin.execute(f"CREATE DATABASE {RUN} TEMPLATE {KEPT} STRATEGY file_copy", timeout=300)
    await admin.execute("CHECKPOINT", timeout=300)  # the copy's own writing is no part of what is measured
    await admin.close()
    return at(url, RUN)


def at(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def environment(url: str | None = None, boards: Boards | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    ours = {"CRM_HOOK_SECRETS": json.dumps({"bench": SECRET}), "CRM_SECRET_KEY": "k" * 40}
    listened = {f"CRM_{board.scheme.upper()}_URL": board.url for board, _ in (boards or {}).values()}
    return kept | ours | listened | ({"CRM_DATABASE_URL": url} if url else {})


def switchboards() -> Boards:
    """By what is measured: a switchboard, and its calls. They listen later, so each has a port that is free now."""
    boards: Boards = {
        "Asterisk's event → frame at the agent": (FakeAsterisk(cut=False), QueueCall),
        "FreeSWITCH's event → frame at the agent": (FakeFreeSwitch(cut=False), BridgedCall),
    }
    with ExitStack() as held:
        for board, _ in boards.values():
            free = held.enter_context(socket.socket())
            free.bind(("127.0.0.1", 0))
            board.port = free.getsockname()[1]
    return boards


def crm(home: Path, *words: str, url: str | None = None) -> str:
    command = [sys.executable, "-m", "crm", *words]
    return subprocess.run(command, cwd=home, env=environment(url), check=True, capture_output=True, text=True).stdout


async def sessions(url: str) -> tuple[list[str], list[str]]:
    """Tokens of those who are rung, and of the others."""
    async with open_database(url, max_size=2) as database:
        rung = [(await create_sessions(database, f"agent{number}", 1))[0] for number in range(1, AGENTS + 1)]
    connection = await asyncpg.connect(url, timeout=30)
    others = await company.hire(connection, SOCKETS)
    await connection.close()
    return rung, [agent.token for agent in others]


async def add_numbers(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=30)
    await connection.execute("SET synchronous_commit = off")
    contacts = [row["id"] for row in await connection.fetch("SELECT id FROM contact ORDER BY id")]
    for done in range(0, NUMBERS, BATCH):
        told(f"adding numbers, {done:,} of {NUMBERS:,}")
        await connection.execute(ADD, FIRST + done, FIRST + min(done + BATCH, NUMBERS) - 1, contacts, timeout=120)
    told("analysing")
    await connection.execute("VACUUM ANALYZE", timeout=300)
    await connection.close()


@contextmanager
def served(home: Path, url: str, boards: Boards) -> Any:
    # Into a file: a pipe that nobody reads is full after some hundred lines of log, and then the server waits for ever.
    said = home / "server.log"
    with said.open("w") as log:
        command = [sys.executable, "-m", "crm", "serve", "--port", "0"]
        process = subprocess.Popen(command, cwd=home, env=environment(url, boards), stdout=log, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + PATIENCE
            while not (found := re.search(r"http://127\.0\.0\.1:\d+", said.read_text())):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"the server did not start, see {said}")
                time.sleep(0.05)
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(30)


async def crowded(
    address: str, tokens: list[str], others: list[str], process: int, boards: Boards
) -> tuple[dict[str, tuple[list[float], list[float]]], dict[str, float], str]:
    """The times by what is measured, what a call cost the server, and what disturbed, among the open sockets of all others."""
    async with client("others", BOTH) as crowd:
        told(f"opening {SOCKETS:,} sockets")
        await crowd.open(address, others)
        told(f"ringing {WARMING + CALLS} times")
        best = min(machine.spin() for _ in range(5))
        before, clock, ours = processor_seconds(process), machine.look(), cpu_seconds([os.getpid()])
        limits = httpx.Limits(keepalive_expiry=1)  # the server closes what is idle, perhaps as we begin to send
        async with httpx.AsyncClient(base_url=address, timeout=60, limits=limits) as http:
            found = {WHAT: await ring(address, tokens, partial(post, http))}
        # All that is ours descends from this process: the server, PostgreSQL and the clients.
        noise = machine.Noise.between(clock, machine.look(), cpu_seconds([os.getpid()]) - ours, machine.spin() / best)
        spent = {WHAT: (processor_seconds(process) - before) / (WARMING + CALLS) * 1000}
        for what, (board, make) in boards.items():
            async with on_the_line(board):
                told(f"ringing {WARMING + CALLS} times: {what}")
                await until(lambda board=board: board.logins, PATIENCE)
                before = processor_seconds(process)
                found[what] = await ring(address, tokens, partial(say, board, make))
                spent[what] = (processor_seconds(process) - before) / (WARMING + CALLS) * 1000
        await crowd.check([])
    return found, spent, str(noise)


async def ring(
    address: str, tokens: list[str], tell: Callable[[str, dict[str, float]], Awaitable[None]]
) -> tuple[list[float], list[float]]:
    """The time of each first frame of each call at each agent, in milliseconds: of the first calls, and of the others."""
    sent: dict[str, float] = {}
    times: dict[str, list[float]] = {}
    posts: list[asyncio.Task[None]] = []
    dice = random.Random(begin := next(BEGINS))
    listening = [asyncio.create_task(listen(address, token, sent, times)) for token in tokens]
    await asyncio.sleep(SETTLE_SECONDS)
    every = WARMING + CALLS
    for number in range(every):
        caller = f"{FIRST + dice.randrange(NUMBERS)}" if number % 2 else f"{18_800_000_000 + begin * every + number}"
        times[caller] = []
        posts.append(asyncio.create_task(tell(caller, sent)))
        await asyncio.sleep(1 / PER_SECOND)
    await asyncio.gather(*posts)
    end = time.monotonic() + PATIENCE
    while sum(map(len, times.values())) < every * len(tokens) and time.monotonic() < end:  # noqa: ASYNC110 -- nobody tells us
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.5)  # a popup too many would be a mistake as well
    for each in listening:
        each.cancel()
    await asyncio.gather(*listening, return_exceptions=True)
    count = sum(map(len, times.values()))
    if count != every * len(tokens):
        raise RuntimeError(f"{count} popups of {every * len(tokens)}")
    by_call = list(times.values())
    return list(itertools.chain(*by_call[:WARMING])), list(itertools.chain(*by_call[WARMING:]))


async def post(http: httpx.AsyncClient, caller: str, sent: dict[str, float]) -> None:
    name = secrets.token_hex(8)
    event = {
        "event_id": name, "call_id": name, "state": "ringing", "direction": "inbound", "from": caller, "to": "4000",
        "at": print_instant(now()),
    }  # fmt: skip
    sent[caller] = time.perf_counter()
    body, stamp = json.dumps(event).encode(), str(int(time.time()))
    signed = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"X-Crm-Timestamp": stamp, "X-Crm-Signature": f"v1={signed}", "Content-Type": "application/json"}
    (await http.post("/hooks/calls/bench", content=body, headers=headers)).raise_for_status()


async def say(board: FakeSwitchboard, make: Any, caller: str, sent: dict[str, float]) -> None:
    """A call to the queue, which rings everybody, and is given up when all have it."""
    call = make(board, caller=caller, agents=[str(1001 + number) for number in range(AGENTS)])
    sent[caller] = time.perf_counter()
    call.begin()
    call.ring()
    await asyncio.sleep(RING_SECONDS)
    call.give_up()


async def listen(address: str, token: str, sent: dict[str, float], times: dict[str, list[float]]) -> None:
    async with connect(address.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": WATCHED}}))
        seen: set[str] = set()
        async for text in socket:
            arrived = time.perf_counter()
            message = json.loads(text)
            if message["type"] == "next":
                call = message["payload"]["data"]["incomingCalls"]["call"]
                caller, id_ = call["number"]["raw"], call["id"]
                # Of later changes, such as another telephone that rings too, there are frames as well.
                if caller in sent and id_ not in seen:
                    seen.add(id_)
                    times[caller].append((arrived - sent[caller]) * 1000)
            elif message["type"] == "ping":
                await socket.send('{"type": "pong"}')
