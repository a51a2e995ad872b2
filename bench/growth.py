"""P12a: what Q1 costs when there are ten times as many rows. Both databases run at once and are taken in turn."""

from __future__ import annotations

import uvloop

from bench.results import Result
from bench.rounds import CONCURRENCY, ROUNDS, SECONDS, Contender, alternate, noise, ratio
from bench.servers import ours
from bench.servers.side import Side
from bench.variables import asked_by
from bench.world import CUSTOMERS, MANAGER, World, opened

IDS = ("P12a",)
TIMES, SETS = 10, 100
"""So many customers with ten contacts and twenty activities are in sight in the small database too."""


def measure(_: set[str]) -> list[Result]:
    with (
        opened() as large,
        opened(CUSTOMERS // TIMES) as small,
        ours.serve(large.url, large.folder) as one,
        ours.serve(small.url, small.folder) as other,
    ):
        sides = [
            (large, ours.side(one, large.token(MANAGER), f"{large.customers:,} customers")),
            (small, ours.side(other, small.token(MANAGER), f"{small.customers:,} customers")),
        ]
        return [uvloop.run(_compared(sides))]


async def _compared(sides: list[tuple[World, Side]]) -> Result:
    contenders, viewers = [], []
    for world, side in sides:
        asked = await asked_by(world.url, MANAGER, SETS)
        viewers.append(f"{side.name}: {asked.said}")
        contenders.append(Contender.of(side, world.postmaster, "q1", asked.sets["q1"]))
    await alternate(contenders)
    large, small = contenders
    setup = (
        f"ours at {large.side.name} (first figure) and {small.side.name} (second), two databases at once, {CONCURRENCY} "
        f"connections, {SECONDS:g} s a round, medians; viewers: {'; '.join(viewers)}"
    )
    details = {each.side.name: each.details() for each in contenders}
    return Result(
        IDS[0], f"Q1 at {TIMES} times the rows", round(large.median("cost"), 3), "ms CPU", ROUNDS, setup,
        round(small.median("cost"), 3), round(ratio(large, small), 3), noise(contenders), details,
    )  # fmt: skip
