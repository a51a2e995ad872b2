"""When Python looks for garbage that refers to itself: through what is new often, through everything seldom.

Its own rule looks through everything again and again while thousands of sockets open, and 5,000 of them are a million objects:
0.4 s in which nobody is told who is calling. What survives one look is taken out of later ones; a process looks through
everything only when it holds half as much again as it did after the last time, or after a while.
"""

from __future__ import annotations

import asyncio
import gc
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

YOUNG = 5_000
"""How many more objects there are when those that are new are looked through. Where sockets ping, several times as many are new:
5 to 10 ms. The usual 700 take a twentieth of a read's time."""
GROWTH = 1.5
HEAVIER = 256 * 2**20
"""Bytes that a process has grown by when everything is looked through: few objects may hold much, such as a letter's content."""
SELDOM = 900.0
"""Seconds. What refers to itself and lived through one look, such as what a failed request left, waits for so long."""
NEVER = 1_000_000

_STATM = Path("/proc/self/statm")


def settle() -> None:
    """What start-up made stays for ever: nothing looks at it again, nor at all for every 700 new objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 50, 100)


@contextmanager
def seldom() -> Iterator[None]:
    """Collect so while this process serves. For one loop, in whose turns everything is looked through."""
    before = gc.get_threshold()
    settle()
    collector = _Collector(asyncio.get_running_loop())
    gc.callbacks.append(collector.after_each)
    gc.set_threshold(YOUNG, NEVER, NEVER)
    try:
        yield
    finally:
        gc.callbacks.remove(collector.after_each)
        gc.set_threshold(*before)
        gc.unfreeze()


def resident() -> int:
    """The bytes of memory that this process has; 0 where the system does not tell."""
    try:
        with _STATM.open("rb") as file:
            return int(file.read().split()[1]) * mmap.PAGESIZE
    except OSError:
        return 0


class _Collector:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.asked = False
        self._begin()

    def _begin(self) -> None:
        self.base = gc.get_freeze_count()
        self.weight = resident()
        self.more = 0
        self.at = monotonic()

    def after_each(self, phase: str, info: dict[str, Any]) -> None:
        """Called by the collector, in whatever thread made the last object."""
        if phase != "stop" or info["generation"] != 0:
            return
        gc.freeze()
        self.more += YOUNG - info["collected"]
        if self.due and not self.asked and not self.loop.is_closed():
            self.asked = True
            self.loop.call_soon_threadsafe(self.look_through_everything)

    @property
    def due(self) -> bool:
        """By what has been kept at most: how much of it is still there is only counted then."""
        grown = self.more > self.base * (GROWTH - 1)
        return grown or monotonic() - self.at > SELDOM or resident() > self.weight + HEAVIER

    def look_through_everything(self) -> None:
        """Unless what came has gone again by itself."""
        self.asked = False
        self.more = gc.get_freeze_count() - self.base
        if self.due:
            gc.unfreeze()
            gc.collect()
            gc.freeze()
            self._begin()
