"""P10: what a socket with two subscriptions occupies while nothing happens, in the process that holds it.

The difference between a server with some sockets and one with all of them, so that neither the program nor what the first socket
brings along counts. Shared pages are divided among those who share them. Each round begins with new processes.
"""

from __future__ import annotations

import asyncio
from statistics import median

import uvloop

from bench import machine
from bench.processes import Memory, memory
from bench.push import company
from bench.push.database import cluster
from bench.push.fanout import ROUNDS, SOCKETS, said, standing
from bench.push.sides import Control, Side
from bench.results import Result
from bench.servers import graphql_ws

IDS = ("P10",)
FIRST = max(SOCKETS // 25, 10)
REST_SECONDS = 5.0
COLLECTIONS = 3
"""One pass leaves behind what the next can give back."""
UNIT = "KB"


def measure(_: set[str]) -> list[Result]:
    machine.raise_descriptors()
    with cluster() as databases:
        url = databases.copy("push_run")
        return [uvloop.run(_measured(databases.postmaster, url))]


async def _measured(postmaster: int, url: str) -> Result:
    agents = await company.hired(url, SOCKETS)
    rounds = []
    for number in range(ROUNDS):
        async with standing(postmaster, url, agents, set(IDS)) as sides:
            turns = sides if number % 2 == 0 else sides[::-1]
            rounds.append({side.name: await _grown(side) for side in turns})
    grown = {side: {name: median(each[side][name] for each in rounds) for name in rounds[0][side]} for side in rounds[0]}
    mine, theirs = grown["ours"], grown[graphql_ws.NAME]
    ratio = median(each["ours"]["pss_kb"] / each[graphql_ws.NAME]["pss_kb"] for each in rounds)
    setup = (
        f"from {FIRST:,} to {SOCKETS:,} idle sockets with two subscriptions, one agent and session each; proportional set size "
        f"of the server's processes, {said()}, viewers and sessions included; new processes each round, medians; "
        f"{graphql_ws.said()}; looked at after its garbage was collected, ours as it is"
    )
    return Result(
        "P10", f"an idle socket with two subscriptions, against {graphql_ws.NAME}", mine["pss_kb"], UNIT, ROUNDS,
        setup, theirs["pss_kb"], round(ratio, 3), "", grown,
    )  # fmt: skip


async def _grown(side: Side) -> dict[str, float]:
    """Kilobytes for each socket more."""
    print(f"{side.name}: {SOCKETS:,} sockets …", flush=True)
    await side.grow(FIRST)
    before = await _settled(side)
    await side.grow(SOCKETS)
    after = await _settled(side)
    more = side.client.sockets - FIRST
    return {
        "pss_kb": round((after.proportional - before.proportional) / more / 1024, 1),
        "uss_kb": round((after.unique - before.unique) / more / 1024, 1),
        "before_mb": round(before.proportional / 2**20, 1),
        "after_mb": round(after.proportional / 2**20, 1),
        "opened_in_s": round(side.client.opened_in, 1),
    }


async def _settled(side: Side) -> Memory:
    await asyncio.sleep(REST_SECONDS)
    if side.name == graphql_ws.NAME and isinstance(side.publisher, Control):
        for _ in range(COLLECTIONS):
            await side.publisher.collect()
            await asyncio.sleep(1)
    return memory(side.roots)
