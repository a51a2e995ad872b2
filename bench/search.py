"""P11: the search centre over a million parties and three million contacts, for who sees all, a part and a thousandth of them.

One request after the other over one connection, each asking for a page of twenty with its highlights, the total and the facets:
from before it is sent until the answer is there. Words are drawn from what is stored, so they are as common as such words are;
those that nothing has are made up. Every search is another one, and is asked once before it is timed.
"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from bench import machine
from bench.load import Ask, ask, connect, data_of
from bench.processes import cpu_seconds, fine_seconds
from bench.results import Result
from bench.search_world import CONTACTS, directory
from bench.servers import ours
from bench.servers.process import Process
from bench.world import World
from crm.cli.seeding.company import ADMIN, MANAGER, NARROW
from crm.core.pinyin import initials

ID = "P11"
IDS = (ID,)
SEARCHES = 60
ROUNDS = 3
VIEWERS = {ADMIN: "who sees all", MANAGER: "own and 400 subordinates'", NARROW: "0.1 %"}
QUESTION = """query ($q: String!) { search(query: $q) { totalCount partial
  nodes { id entity title score matches { field text ranges { start length } } }
  facets { entities { entity count } states { entity state count } owners { count } } } }"""


def measure(_: set[str]) -> list[Result]:
    with directory() as world, ours.serve(world.url, world.folder) as server:
        kinds = asyncio.run(searches(world.url))
        results = []
        for username, said in VIEWERS.items():
            token = world.token(username)
            for kind, words in kinds.items():
                print(f"{ID} {said}: {kind} …", flush=True)
                results.append(asyncio.run(_measured(world, server, token, said, kind, words)))
    return results


async def searches(url: str) -> dict[str, list[str]]:
    """What is typed, by kind: words of records that are there, and some of none."""
    connection = await asyncpg.connect(url)
    rows = await connection.fetch(
        "SELECT p.name, c.name AS person, n.e164 FROM party p JOIN contact c ON c.party_id = p.id AND c.primary"
        " JOIN phone_number n ON n.contact_id = c.id AND n.primary WHERE p.name ~ '^[一-龥]{5}' AND n.e164 IS NOT NULL"
        f" ORDER BY md5(p.id::text) LIMIT {SEARCHES * 4}"
    )
    await connection.close()
    dice = random.Random(11)
    found: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for row in rows:
        for kind, make in KINDS.items():
            found[kind][make(row, dice)] = None
    return {kind: list(words)[:SEARCHES] for kind, words in found.items()}


def _pair(row: Any, dice: random.Random) -> str:
    """Two neighbouring characters somewhere before the legal form."""
    name = row["name"].partition("有限")[0]
    place = dice.randrange(max(1, len(name) - 1))
    return str(name[place : place + 2])


def _fragment(row: Any, dice: random.Random) -> str:
    number = row["e164"].removeprefix("+86")
    place = dice.randrange(len(number) - 5)
    return str(number[place : place + 6])


def _nothing(_: Any, dice: random.Random) -> str:
    return "".join(chr(dice.randrange(0x9000, 0x9F00)) for _ in range(2))


KINDS = {
    "two Chinese characters": _pair,
    "initials of four": lambda row, _: initials(row["name"])[:4],
    "six digits of a number": _fragment,
    "last four digits": lambda row, _: row["e164"][-4:],
    "company and person": lambda row, _: f"{row['name'][:4]} {row['person'][:1]}",
    "no hit": _nothing,
    "a word of every company": lambda _, dice: dice.choice(("公司", "有限", "有限公司")),
}


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one pass over all searches took."""

    seconds: list[float]
    server: float
    postgres: float
    hits: list[int]


async def _measured(world: World, server: Process, token: str, said: str, kind: str, words: Sequence[str]) -> Result:
    asks = [ask(server.address, "/graphql", {"query": QUESTION, "variables": {"q": word}}, token, kind) for word in words]
    best = min(machine.spin() for _ in range(5))
    await _pass(world, server, asks)
    before, spent = machine.look(), _spent(world, server)
    passes = [await _pass(world, server, asks) for _ in range(ROUNDS)]
    own = _spent(world, server) - spent
    noise = machine.Noise.between(before, machine.look(), own, machine.spin() / best)
    times = sorted(1000 * each for one in passes for each in one.seconds)
    p95 = statistics.quantiles(times, n=20)[18] if len(times) > 1 else times[0]
    asked = len(asks) * ROUNDS
    figures = {
        "p50": statistics.median(times),
        "p95": p95,
        "longest": times[-1],
        "cpu_server": 1000 * sum(one.server for one in passes) / asked,
        "cpu_postgres": 1000 * sum(one.postgres for one in passes) / asked,
        "hits": statistics.median(passes[0].hits),
    }
    setup = (
        f"{world.customers:,} parties, {CONTACTS * world.customers:,} contacts, embedded PostgreSQL, all in memory; {len(asks)}"
        f" searches of a kind, {ROUNDS} times, one after the other over HTTP, with highlights, total and facets, absolute"
    )
    details = {"ours": {name: round(value, 2) for name, value in figures.items()}}
    return Result(ID, f"{kind}, {said}, p95", round(p95, 2), "ms", asked, setup, noisy=str(noise), details=details)


def _spent(world: World, server: Process) -> float:
    return cpu_seconds([server.pid, world.postmaster, os.getpid()])


async def _pass(world: World, server: Process, asks: Iterable[Ask]) -> _Taken:
    """Every search once. An answer with an error ends the run."""
    connection = await connect(server.address)
    seconds, hits = [], []
    before = fine_seconds([server.pid]), fine_seconds([world.postmaster])
    for each in asks:
        begun = time.perf_counter()
        body = await connection.send(each)
        seconds.append(time.perf_counter() - begun)
        hits.append(data_of(each, body)["search"]["totalCount"])
    after = fine_seconds([server.pid]), fine_seconds([world.postmaster])
    connection.transport.close()
    return _Taken(seconds, after[0] - before[0], after[1] - before[1], hits)
