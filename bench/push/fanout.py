"""P6 and P7: what it costs to tell everybody something, against Node and against bare sockets; and when the last one knows.

An announcement for everybody with a socket is pushed, and the next one when the last socket has it. Cost is processor time of the
server and of PostgreSQL for each message delivered, the writing of receipts included; what the open sockets cost while nothing
happens is taken off.
"""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvloop

from bench import machine
from bench.push import company
from bench.push.contents import Agent, announcement
from bench.push.database import cluster
from bench.push.remote import Sent
from bench.push.sides import Side, floor, ours, peer
from bench.push.watch import Watch
from bench.results import Result
from bench.servers import bare, graphql_ws, ours_pushing

IDS = ("P6", "P7")
SOCKETS = int(os.environ.get("BENCH_SOCKETS") or 5000)
SIZES = (*(size for size in (100, 1000) if size < SOCKETS), SOCKETS)
ROUNDS = 5
DELIVERIES = 50_000
"""About so many messages a round, in two to forty announcements."""
MOST, FEWEST = 40, 2
LONGEST_ROUND = 10_000.0
"""Milliseconds of one side; fewer announcements where it would take longer."""
IDLE_SECONDS = 12.5
"""Every side pings each socket once in that time or less."""
SETTLE_SECONDS = 1.0
"""After the last message we write the receipts, and that is part of the cost."""


@dataclass(frozen=True)
class Sample:
    """One round of one side. Microseconds of processor time for each message; milliseconds until the last socket had it."""

    server: float
    database: float
    client: float
    last: float
    times: dict[str, float]
    messages: int
    noise: machine.Noise

    @property
    def cost(self) -> float:
        return self.server + self.database


def measure(ids: set[str]) -> list[Result]:
    machine.raise_descriptors()
    with cluster() as databases:
        url = databases.copy("push_run")
        return uvloop.run(_measured(databases.postmaster, url, ids))


async def _measured(postmaster: int, url: str, ids: set[str]) -> list[Result]:
    results = []
    async with standing(postmaster, url, await company.hired(url, SOCKETS), ids) as sides:
        for size in SIZES:
            samples = await compared(sides, size)
            results += told(size, samples, ids)
    return sorted(results, key=lambda each: each.id)


@asynccontextmanager
async def standing(postmaster: int, url: str, agents: Sequence[Agent], ids: set[str]) -> AsyncIterator[list[Side]]:
    """The servers and their clients, no socket open yet."""
    async with AsyncExitStack() as stack:
        sides = [await stack.enter_async_context(ours(url, postmaster, agents))]
        if ids - {"P7"}:
            sides.append(await stack.enter_async_context(peer(agents)))
        if "P7" in ids:
            sides.append(await stack.enter_async_context(floor(agents)))
        yield sides


async def compared(sides: Sequence[Side], size: int) -> dict[str, list[Sample]]:
    """All sides with so many sockets, in turn; who begins changes with the round."""
    for side in sides:
        print(f"{side.name}: {size:,} sockets …", flush=True)
        await side.grow(size)
    await asyncio.gather(*(side.rest(IDLE_SECONDS) for side in sides))
    slowest = max([(await pushed(side, FEWEST, 1.0)).last for side in sides])
    samples: dict[str, list[Sample]] = {side.name: [] for side in sides}
    count = max(FEWEST, min(MOST, DELIVERIES // size, int(LONGEST_ROUND / slowest)))
    best = min(machine.spin() for _ in range(5))
    for number in range(ROUNDS):
        begin = number % len(sides)
        for side in [*sides[begin:], *sides[:begin]]:
            samples[side.name].append(await pushed(side, count, best))
    return samples


async def pushed(side: Side, count: int, best: float) -> Sample:
    """So many announcements, one after the other."""
    items = [announcement(number, side.present) for number in range(count)]
    await side.publisher.prepare(items)
    await side.client.expect([(item.field, item.content, None) for item in items])
    watch = Watch(side, best)
    sent: list[Sent] = []
    for number, item in enumerate(items, 1):
        sent.append((item.field, item.key, await side.publisher.publish(item)))
        await side.client.reach(number * len(side.present))
    await asyncio.sleep(SETTLE_SECONDS)
    watch.stop()
    answer = await side.client.check(sent)
    messages = answer["messages"]
    server, database = (seconds / messages * 1e6 for seconds in watch.worked())
    return Sample(
        server, database, answer["cpu"] / messages * 1e6, answer["lasts"][items[0].field]["p50"],
        answer["times"][items[0].field], messages, watch.noise(answer["cpu"]),
    )  # fmt: skip


def told(size: int, samples: dict[str, list[Sample]], ids: set[str]) -> list[Result]:
    """The figures of one size."""
    details = {name: details_of(each) for name, each in samples.items()}
    rounds = next(iter(samples.values()))
    setup = (
        f"{size:,} sockets with two subscriptions, one agent and session each; {rounds[0].messages:,} messages a round, every "
        f"one checked; {said()}; CPU of server + PostgreSQL a message, receipts included, idle cost of the sockets taken off; "
        f"sides in turn, medians; {graphql_ws.said()}; {bare.NAME}: our WebSocket stack, one frame made once, no GraphQL"
    )
    results = []
    for goal, name in (("P6", graphql_ws.NAME), ("P7", bare.NAME)):
        if goal in ids and name in samples:
            mine, theirs = samples["ours"], samples[name]
            ratio = statistics.median(one.cost / other.cost for one, other in zip(mine, theirs, strict=True))
            shown = {side: details[side] for side in ("ours", name)}
            what = f"announcement to {size:,} sockets, against {name}"
            ours_, theirs_ = round(middle(mine, "cost"), 2), round(middle(theirs, "cost"), 2)
            found = Result(goal, what, ours_, "µs CPU", ROUNDS, setup, theirs_, round(ratio, 3), noise(samples), shown)
            results.append(found)
    return results


def said() -> str:
    """Of our own side."""
    if ours_pushing.WORKERS > 1:
        return f"ours: {ours_pushing.WORKERS} processes over Valkey, whose time counts"
    return "ours: one process"


def middle(samples: Sequence[Sample], name: str) -> float:
    return float(statistics.median(getattr(sample, name) for sample in samples))


def details_of(samples: Sequence[Sample]) -> dict[str, Any]:
    """What stands behind a figure."""
    return {
        "server_us": round(middle(samples, "server"), 2),
        "postgresql_us": round(middle(samples, "database"), 2),
        "client_us": round(middle(samples, "client"), 2),
        "last_ms": round(middle(samples, "last"), 1),
        "p50_ms": round(statistics.median(sample.times["p50"] for sample in samples), 1),
        "first_ms": round(statistics.median(sample.times["first"] for sample in samples), 1),
        "messages": sum(sample.messages for sample in samples),
    }


def noise(samples: dict[str, list[Sample]]) -> str:
    return str(machine.typical([sample.noise for each in samples.values() for sample in each]))
