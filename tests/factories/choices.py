"""Random choices that can be played again, and made smaller: a document that fails is cut down to what it fails by.

Every choice is a number from 0 on, and 0 is always the simplest: no directive, no argument, the first field. So a shorter list of
smaller numbers is a simpler document, and what was not recorded counts as 0.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
TRIES = 600
"""How often a failing case is tried smaller before it is shown."""


class Choices:
    """Draws numbers, from a seed or from a recording, and records them."""

    def __init__(self, source: str | Sequence[int]) -> None:
        self._random = random.Random(source) if isinstance(source, str) else None
        self._recording = iter(() if isinstance(source, str) else source)
        self.made: list[int] = []

    def number(self, least: int, most: int) -> int:
        """One of `least` … `most`."""
        if most <= least:
            return least
        drawn = self._random.randint(0, most - least) if self._random else min(next(self._recording, 0), most - least)
        self.made.append(drawn)
        return least + drawn

    def chance(self, percent: int) -> bool:
        """True so often; false where nothing is recorded."""
        return self.number(0, 99) >= 100 - percent

    def one(self, things: Sequence[T]) -> T:
        return things[self.number(0, len(things) - 1)]

    def some(self, things: Sequence[T], least: int, most: int) -> list[T]:
        """Several, none of them twice."""
        left = list(things)
        count = min(self.number(least, most), len(left))
        return [left.pop(self.number(0, len(left) - 1)) for _ in range(count)]


async def smallest(made: list[int], fails: Callable[[list[int]], Awaitable[bool]], tries: int = TRIES) -> list[int]:
    """A short list of small numbers that still fails: parts are left out, then numbers are lowered, until nothing helps."""
    best, before, left = made, None, tries
    while best != before and left > 0:
        before = best
        for cut in _cuts(len(made)):
            place = 0
            while place < len(best) and left > 0:
                smaller = cut(best, place)
                left -= 1
                if smaller is not None and await fails(smaller):
                    best = smaller
                else:
                    place += max(1, len(best) - len(smaller or best))
    return best


Cut = Callable[[list[int], int], list[int] | None]


def _cuts(size: int) -> list[Cut]:
    """Ways of making a list smaller at a place, the boldest first."""

    def without(count: int) -> Cut:
        return lambda made, place: made[:place] + made[place + count :]

    def lowered(lower: Callable[[int], int]) -> Cut:
        return lambda made, place: [*made[:place], lower(made[place]), *made[place + 1 :]] if made[place] else None

    counts = [size >> shift for shift in range(1, size.bit_length())]
    return [*map(without, counts), lowered(lambda _: 0), lowered(lambda value: value // 2), lowered(lambda value: value - 1)]
