"""P9: from the switchboard's request to the popup's frame at the agent, with a million telephone numbers in the database.

A server process over the embedded PostgreSQL; eight agents of one ring group listen with a popup's whole selection; calls come
at a steady rate, half of them from known numbers. The clock starts before the request is sent and stops when an agent's client
has the frame, so the signing, the HTTP request and the client's own work are in it. One client process does both on this machine.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from websockets.asyncio.client import connect

from bench.results import Result
from crm.core.clock import now, print_instant
from crm.store.embedded import EmbeddedServer

ID, WHAT = "P9", "switchboard's request → frame at the agent"
IDS = (ID,)
CALLS, PER_SECOND, AGENTS, NUMBERS = 200, 20, 8, 1_000_000
SECRET = "a secret for measuring"
WATCHED = """subscription { incomingCalls { cursor expiresAt call {
  id state direction number { e164 raw display } line ringingAt answeredAt endedAt
  candidates { id username } claimedBy { id username }
  matches { score reason restricted owner { id displayName } party { id name } contact { id name } } } } }"""
MILLION = """
INSERT INTO phone_number (id, contact_id, position, written, e164, tail, display, "primary")
SELECT gen_random_uuid(), c.id, 90, '+86' || n, '+86' || n, n % 100000000, '+86' || n, false
FROM generate_series(13000000000, 13000000000 + $1 - 1) n
JOIN (SELECT id, row_number() OVER () - 1 AS place, count(*) OVER () AS all FROM contact) c ON c.place = n % c.all
"""


def measure(_: set[str]) -> list[Result]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        crm(home, "demo", "--no-serve")
        with EmbeddedServer(home / ".crm") as database:
            asyncio.run(add_numbers(database.url))
            tokens = [session(home, database.url, f"agent{number}") for number in range(1, AGENTS + 1)]
            with served(home, database.url) as address:
                times = asyncio.run(ring(address, tokens))
    setup = f"{CALLS} calls at {PER_SECOND}/s, {NUMBERS:,} numbers, {AGENTS} agents told of each, absolute, client included"
    return [
        Result(ID, f"{WHAT}, {name}", round(value, 2), "ms", len(times), setup)
        for name, value in (
            ("p50", statistics.median(times)), ("p99", statistics.quantiles(times, n=100)[98]), ("longest", max(times)),
        )
    ]  # fmt: skip


def environment(url: str | None = None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRM_")}
    ours = {"CRM_HOOK_SECRETS": json.dumps({"bench": SECRET}), "CRM_SECRET_KEY": "k" * 40}
    return kept | ours | ({"CRM_DATABASE_URL": url} if url else {})


def crm(home: Path, *words: str, url: str | None = None) -> str:
    command = [sys.executable, "-m", "crm", *words]
    return subprocess.run(command, cwd=home, env=environment(url), check=True, capture_output=True, text=True).stdout


def session(home: Path, url: str, username: str) -> str:
    said = json.loads(crm(home, "session", "create", "--username", username, "--json", url=url))
    found = said["tokens"] if isinstance(said, dict) else said
    return str(found[0] if isinstance(found, list) else found)


async def add_numbers(url: str) -> None:
    connection = await asyncpg.connect(url, timeout=30)
    await connection.execute("SET synchronous_commit = off")
    await connection.execute(MILLION, NUMBERS, timeout=900)
    await connection.execute("ANALYZE", timeout=300)
    await connection.close()


@contextmanager
def served(home: Path, url: str) -> Any:
    process = subprocess.Popen(
        [sys.executable, "-m", "crm", "serve", "--port", "0"], cwd=home, env=environment(url), text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert process.stdout
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            raise RuntimeError("the server did not start")
        yield found[0]
    finally:
        process.terminate()
        process.wait(30)


async def ring(address: str, tokens: list[str]) -> list[float]:
    """The time of each first frame of each call at each agent, in milliseconds."""
    sent: dict[str, float] = {}
    times: list[float] = []
    dice = random.Random(9)
    async with httpx.AsyncClient(base_url=address) as http:
        listening = [asyncio.create_task(listen(address, token, sent, times)) for token in tokens]
        await asyncio.sleep(2)
        for number in range(CALLS):
            caller = f"{13_000_000_000 + dice.randrange(NUMBERS)}" if number % 2 else f"{18_800_000_000 + number}"
            asyncio.get_running_loop().create_task(post(http, caller, sent))
            await asyncio.sleep(1 / PER_SECOND)
        await asyncio.sleep(2)
        for each in listening:
            each.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    if len(times) != CALLS * len(tokens):
        raise RuntimeError(f"{len(times)} popups of {CALLS * len(tokens)}")
    return times


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


async def listen(address: str, token: str, sent: dict[str, float], times: list[float]) -> None:
    async with connect(address.replace("http", "ws") + "/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}))
        await socket.recv()
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": WATCHED}}))
        async for text in socket:
            arrived = time.perf_counter()
            message = json.loads(text)
            if message["type"] == "next":
                caller = message["payload"]["data"]["incomingCalls"]["call"]["number"]["raw"]
                if caller in sent:
                    times.append((arrived - sent[caller]) * 1000)
            elif message["type"] == "ping":
                await socket.send('{"type": "pong"}')
