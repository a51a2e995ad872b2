"""Sides taken in turn, several rounds: what each request cost the server and PostgreSQL, and how long it took."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import machine
from bench.equality import objects
from bench.load import Ask, Load, answers, press
from bench.processes import cpu_seconds
from bench.servers.side import Side
from bench.variables import Sets

CONCURRENCY, SECONDS, ROUNDS = 16, 2.0, 5


@dataclass(frozen=True, slots=True)
class Sample:
    """One side in one round; milliseconds of processor time a request."""

    server: float
    database: float
    load: Load
    wall: float
    noise: machine.Noise

    @property
    def cost(self) -> float:
        return self.server + self.database


@dataclass
class Contender:
    """One side with the requests it gets; `sizes` are the lengths of the answers when they were looked into."""

    side: Side
    postmaster: int
    asks: Sequence[Ask]
    sizes: Sequence[int] = ()
    objects: float = 0
    samples: list[Sample] = field(default_factory=list)

    @classmethod
    def of(cls, side: Side, postmaster: int, document: str, sets: Sets) -> Contender:
        return cls(side, postmaster, side.asks(document, sets))

    async def warm(self) -> None:
        """Every request once, each answer looked into; the same for every side."""
        bodies = await answers(self.side.process.address, self.asks)
        self.sizes = [len(body) for body in bodies]
        self.objects = statistics.mean(objects(json.loads(body)) for body in bodies)

    def median(self, name: str) -> float:
        """Of a figure of the samples."""
        return statistics.median(getattr(sample, name) for sample in self.samples)

    def details(self) -> dict[str, Any]:
        """What stands behind the figure, for the reader who doubts it."""
        times = sorted(seconds * 1000 for sample in self.samples for seconds in sample.load.seconds)
        requests = sum(len(sample.load.seconds) for sample in self.samples)
        return {
            "server_ms": round(self.median("server"), 3),
            "postgresql_ms": round(self.median("database"), 3),
            "p50_ms": round(statistics.median(times), 2),
            "p99_ms": round(times[int(len(times) * 0.99)], 2),
            "requests_per_second": round(requests / sum(sample.wall for sample in self.samples), 1),
            "requests": requests,
            "bytes": round(sum(sample.load.size for sample in self.samples) / max(requests, 1)),
            "objects": round(self.objects, 1),
        }


async def alternate(
    contenders: Sequence[Contender], *, rounds: int = ROUNDS, seconds: float = SECONDS, concurrency: int = CONCURRENCY
) -> None:
    """Warm all alike, then take turns; who begins changes with the round."""
    for each in contenders:
        await each.warm()
    best = min(machine.spin() for _ in range(5))
    for number in range(rounds):
        begin = number % len(contenders)
        for each in [*contenders[begin:], *contenders[:begin]]:
            slowed = machine.spin() / best
            each.samples.append(await _sample(each, seconds, concurrency, slowed))


async def _sample(contender: Contender, seconds: float, concurrency: int, slowed: float) -> Sample:
    server, database = [contender.side.process.pid], [contender.postmaster]
    clock, mine = machine.look(), time.process_time()
    before = cpu_seconds(server), cpu_seconds(database)
    load = await press(contender.side.process.address, contender.asks, contender.sizes, seconds=seconds, concurrency=concurrency)
    spent = cpu_seconds(server) - before[0], cpu_seconds(database) - before[1]
    after = machine.look()
    noise = machine.Noise.between(clock, after, sum(spent) + time.process_time() - mine, slowed)
    requests = len(load.seconds)
    return Sample(spent[0] / requests * 1000, spent[1] / requests * 1000, load, after.wall - clock.wall, noise)


def ratio(one: Contender, other: Contender) -> float:
    """The median of the rounds' ratios: what slowed a round slowed both sides of it."""
    return statistics.median(mine.cost / theirs.cost for mine, theirs in zip(one.samples, other.samples, strict=True))


def noise(contenders: Iterable[Contender]) -> str:
    """Why the figures are not to be trusted, or nothing."""
    return str(machine.typical([sample.noise for each in contenders for sample in each.samples]))
