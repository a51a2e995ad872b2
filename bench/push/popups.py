"""P8: how long a popup takes from the commit of its event to the frame, at 200 calls a second, while everybody is told something
each second.

Calls and announcements come at their times whether or not the server keeps up, each call for one agent. The clock starts when the
outbox row is committed, at the peer when the event has been written to it; it stops when the agent's client has read the message.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import uvloop

from bench import machine
from bench.push import company
from bench.push.contents import Item, announcement, call
from bench.push.database import cluster
from bench.push.fanout import SOCKETS, said, standing
from bench.push.questions import ANNOUNCEMENTS, CALLS
from bench.push.remote import Sent
from bench.push.sides import Side
from bench.push.times import rounded
from bench.push.watch import Watch
from bench.results import Result
from bench.servers import graphql_ws

IDS = ("P8",)
PER_SECOND, SECONDS, ROUNDS = 200, 10, 5
WARM_SECONDS = 2
CATCH_UP = 120.0
"""Seconds that a side may need for what it could not do in time."""


@dataclass(frozen=True)
class Sample:
    """One round of one side; milliseconds."""

    popups: dict[str, float]
    announcements: dict[str, float]
    lasts: dict[str, float]
    cpu: float
    late: float
    """By how much the slowest of the calls was published after its time: ours to answer for, not the server's."""
    noise: machine.Noise


def measure(_: set[str]) -> list[Result]:
    machine.raise_descriptors()
    with cluster() as databases:
        url = databases.copy("push_run")
        return [uvloop.run(_measured(databases.postmaster, url))]


async def _measured(postmaster: int, url: str) -> Result:
    async with standing(postmaster, url, await company.hired(url, SOCKETS), set(IDS)) as sides:
        for side in sides:
            print(f"{side.name}: {SOCKETS:,} sockets …", flush=True)
            await side.grow(SOCKETS)
            await rung(side, WARM_SECONDS, random.Random(0), 1.0)
        best = min(machine.spin() for _ in range(5))
        samples: dict[str, list[Sample]] = {side.name: [] for side in sides}
        for number in range(ROUNDS):
            begin = number % len(sides)
            for side in [*sides[begin:], *sides[:begin]]:
                samples[side.name].append(await rung(side, SECONDS, random.Random(number), best))
    return told(samples)


async def rung(side: Side, seconds: int, dice: random.Random, best: float) -> Sample:
    """Calls at their rate, and an announcement in each second."""
    calls = [call(number, dice.choice(side.present)) for number in range(PER_SECOND * seconds)]
    everyone = [announcement(number, side.present) for number in range(seconds)]
    await side.publisher.prepare([*calls, *everyone])
    await side.client.expect([item.news for item in calls])
    await side.client.expect([(item.field, item.content, None) for item in everyone])
    watch = Watch(side, best)
    sent, late = await paced(side, calls, everyone)
    await side.client.reach(seconds=CATCH_UP)
    watch.stop()
    answer = await side.client.check(sent)
    times, spent = answer["times"], watch.server + watch.database
    noise = watch.noise(answer["cpu"])
    return Sample(times[CALLS], times[ANNOUNCEMENTS], answer["lasts"][ANNOUNCEMENTS], spent, late * 1000, noise)


async def paced(side: Side, calls: Sequence[Item], everyone: Sequence[Item]) -> tuple[list[Sent], float]:
    """Publish each when it is time. Announcements fall between two calls, half a second after the second begins."""
    plan = [(number / PER_SECOND, item) for number, item in enumerate(calls)]
    plan += [(number + 0.5 + 0.5 / PER_SECOND, item) for number, item in enumerate(everyone)]
    plan.sort(key=lambda each: each[0])
    sent: list[Sent] = []
    late, begun = 0.0, time.monotonic()
    for when, item in plan:
        wait = begun + when - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        else:
            late = max(late, -wait)
        sent.append((item.field, item.key, await side.publisher.publish(item)))
    return sent, late


def told(samples: dict[str, list[Sample]]) -> Result:
    """Median of the rounds' p99, and of the rounds' ratios."""
    details = {name: details_of(each) for name, each in samples.items()}
    mine, theirs = samples["ours"], samples[graphql_ws.NAME]
    ratio = statistics.median(one.popups["p99"] / other.popups["p99"] for one, other in zip(mine, theirs, strict=True))
    setup = (
        f"{SOCKETS:,} sockets with two subscriptions; {PER_SECOND} calls a second, each for one agent, and an announcement to "
        f"all each second, {SECONDS} s a round, every message checked; {said()}; from the commit of the event, or its being "
        f"written to the peer, to the message at the client; sides in turn, medians; {graphql_ws.said()}"
    )
    return Result(
        "P8", f"popup while announcing, p99, against {graphql_ws.NAME}", details["ours"]["popup_p99_ms"], "ms", len(mine), setup,
        details[graphql_ws.NAME]["popup_p99_ms"], round(ratio, 4),
        str(machine.typical([sample.noise for each in samples.values() for sample in each])), details,
    )  # fmt: skip


def details_of(samples: Sequence[Sample]) -> dict[str, Any]:
    def middle(name: str, part: str) -> float:
        return float(statistics.median(getattr(sample, name)[part] for sample in samples))

    return rounded(
        {
            "popup_p50_ms": middle("popups", "p50"),
            "popup_p99_ms": middle("popups", "p99"),
            "popup_last_ms": middle("popups", "last"),
            "popups": sum(sample.popups["count"] for sample in samples),
            "announced_last_ms": middle("lasts", "p50"),
            "announced": sum(sample.announcements["count"] for sample in samples),
            "cpu_s": statistics.median(sample.cpu for sample in samples),
            "published_late_ms": max(sample.late for sample in samples),
        }
    )
