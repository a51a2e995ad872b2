"""P12b: what a message costs with ten times the sockets, and what a reminder costs when ten times as many fall due.

Two servers over two databases at once: one with all sockets, one with a tenth of them, told of announcements in turn. Reminders
are those of one server, whose sockets listen to them: so many fall due at one instant, or ten times as many.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from datetime import timedelta

import uvloop

from bench import machine
from bench.push import company
from bench.push.contents import reminder
from bench.push.database import cluster
from bench.push.fanout import (
    DELIVERIES,
    IDLE_SECONDS,
    LONGEST_ROUND,
    MOST,
    ROUNDS,
    SETTLE_SECONDS,
    SOCKETS,
    Sample,
    details_of,
    middle,
    noise,
    pushed,
    said,
)
from bench.push.questions import REMINDERS
from bench.push.sides import Outbox, Side, ours
from bench.push.watch import Watch
from bench.results import Result
from crm.core.clock import now

IDS = ("P12b",)
TIMES = 10
FEW = max(SOCKETS // TIMES, 1)
LISTENING = max(SOCKETS // TIMES, 1)
"""Sockets that listen to reminders; the many reminders are ten for each of them."""
APART = timedelta(microseconds=1)
"""Enough to have an order, which is held against what comes."""
LEAD = timedelta(seconds=1.5)
"""They are written so long before they fall due."""


@dataclass(frozen=True)
class Fired:
    """One round of reminders: microseconds for each, and milliseconds from when they were due until the last was told."""

    count: int
    server: float
    database: float
    last: float
    noise: machine.Noise

    @property
    def cost(self) -> float:
        return self.server + self.database


def measure(_: set[str]) -> list[Result]:
    machine.raise_descriptors()
    with cluster() as databases:
        many, few = databases.copy("push_many"), databases.copy("push_few")
        return [
            uvloop.run(_announced(databases.postmaster, many, few)),
            uvloop.run(_reminded(databases.postmaster, databases.copy("push_reminders"))),
        ]


async def _announced(postmaster: int, many: str, few: str) -> Result:
    names = f"{SOCKETS:,} sockets", f"{FEW:,} sockets"
    async with (
        ours(many, postmaster, await company.hired(many, SOCKETS), name=names[0]) as large,
        ours(few, postmaster, await company.hired(few, FEW), name=names[1]) as small,
    ):
        for side in (large, small):
            print(f"{side.name} …", flush=True)
            await side.grow(len(side.agents))
        await asyncio.gather(*(side.rest(IDLE_SECONDS) for side in (large, small)))
        samples = await alternated(large, small)
    mine, theirs = samples[names[0]], samples[names[1]]
    ratio = statistics.median(one.cost / other.cost for one, other in zip(mine, theirs, strict=True))
    setup = (
        f"ours with {names[0]} (first figure) and with {names[1]} (second), two databases at once; {said()}; CPU of server + "
        "PostgreSQL a message, receipts included, as many messages a round, sides in turn, medians"
    )
    return Result(
        "P12b", f"a message at {TIMES} times the sockets", round(middle(mine, "cost"), 2), "µs CPU", ROUNDS, setup,
        round(middle(theirs, "cost"), 2), round(ratio, 3), noise(samples),
        {name: details_of(each) for name, each in samples.items()},
    )  # fmt: skip


async def alternated(large: Side, small: Side) -> dict[str, list[Sample]]:
    """As many messages at both, so ten times as many announcements at the small one."""
    last = (await pushed(large, 2, 1.0)).last
    await pushed(small, 2 * TIMES, 1.0)
    count = max(1, min(DELIVERIES // SOCKETS, MOST // 4, int(LONGEST_ROUND / last)))
    best = min(machine.spin() for _ in range(5))
    samples: dict[str, list[Sample]] = {large.name: [], small.name: []}
    for number in range(ROUNDS):
        turns = [(large, count), (small, count * TIMES)]
        for side, times in turns if number % 2 == 0 else turns[::-1]:
            samples[side.name].append(await pushed(side, times, best))
    return samples


async def _reminded(postmaster: int, url: str) -> Result:
    async with ours(url, postmaster, await company.hired(url, LISTENING), (REMINDERS,), "reminders") as side:
        await side.grow(LISTENING)
        await side.rest(IDLE_SECONDS)
        sizes = LISTENING * TIMES, LISTENING
        rounds: dict[int, list[Fired]] = {size: [] for size in sizes}
        for size in sizes:
            await fired(side, size, 1.0)
        best = min(machine.spin() for _ in range(5))
        for number in range(ROUNDS):
            for size in sizes if number % 2 == 0 else sizes[::-1]:
                rounds[size].append(await fired(side, size, best))
    return remembered(rounds)


def remembered(rounds: dict[int, list[Fired]]) -> Result:
    """The figure of reminders, many of them first."""
    sizes = list(rounds)
    many, few = ([each.cost for each in rounds[size]] for size in sizes)
    setup = (
        f"{sizes[0]:,} (first figure) and {sizes[1]:,} reminders (second) that fall due at one instant, over {LISTENING:,} "
        f"sockets; {said()}; CPU of server + PostgreSQL for each, firing and push, every message checked, in turn, medians"
    )
    details = {f"{size:,} reminders": details_of_fired(each) for size, each in rounds.items()}
    noisy = str(machine.typical([each.noise for size in sizes for each in rounds[size]]))
    ratio = statistics.median(one / other for one, other in zip(many, few, strict=True))
    return Result(
        "P12b", f"a reminder when {TIMES} times as many fall due", round(statistics.median(many), 1), "µs CPU", ROUNDS, setup,
        round(statistics.median(few), 1), round(ratio, 3), noisy, details,
    )  # fmt: skip


def details_of_fired(rounds: list[Fired]) -> dict[str, float]:
    return {
        "server_us": round(statistics.median(each.server for each in rounds), 1),
        "postgresql_us": round(statistics.median(each.database for each in rounds), 1),
        "last_ms": round(statistics.median(each.last for each in rounds), 1),
        "reminders": sum(each.count for each in rounds),
    }


async def fired(side: Side, size: int, best: float) -> Fired:
    """Let so many fall due at once."""
    assert isinstance(side.publisher, Outbox)
    due = (now() + LEAD).replace(microsecond=0) + timedelta(seconds=1)
    agents = side.present
    items = [reminder(number, agents[number % len(agents)], due + number * APART) for number in range(size)]
    await company.remind(side.publisher.connection, items)
    await side.client.expect([item.news for item in items])
    watch, begun, wait = Watch(side, best), time.monotonic(), (due - now()).total_seconds()
    if wait < 0:
        raise TimeoutError("the reminders were due before they were written")
    last = await side.client.reach()
    await asyncio.sleep(SETTLE_SECONDS)
    watch.stop()
    answer = await side.client.check([])
    server, database = (seconds / size * 1e6 for seconds in watch.worked())
    return Fired(size, server, database, (last - begun - wait) * 1000, watch.noise(answer["cpu"]))
