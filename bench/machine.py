"""Whether the machine was ours while we measured: others' processor time, stolen time, and a loop that always costs the same."""

from __future__ import annotations

import os
import resource
import time
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
IDLE, STEAL = slice(3, 5), 7
"""Places in the first line of /proc/stat: idle and waiting for disks; taken by other machines."""

SPINS = 400_000
MOST_FOREIGN, MOST_STOLEN, MOST_SLOWED = 0.10, 0.02, 1.15
"""From here on a figure is called noisy: others' part of the processors, stolen part, the loop against its best."""


def raise_descriptors() -> int:
    """Let this process, and those it starts, have as many open files as the machine allows; how many that is."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's processor time at one moment."""

    wall: float
    busy: float
    stolen: float


def look() -> Clock:
    """Read it now."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return Clock(time.monotonic(), (sum(ticks) - sum(ticks[IDLE]) - ticks[STEAL]) / TICKS, ticks[STEAL] / TICKS)


def spin() -> float:
    """Processor seconds of a loop that always does the same: more of them means a slower or shared processor."""
    begun = time.thread_time()
    total = 0
    for number in range(SPINS):
        total += number
    return time.thread_time() - begun


@dataclass(frozen=True, slots=True)
class Noise:
    """What was not ours during one measurement, as parts of all processors, and how much slower the loop ran."""

    foreign: float
    stolen: float
    slowed: float

    @classmethod
    def between(cls, before: Clock, after: Clock, ours: float, slowed: float) -> Noise:
        """Of the time between, `ours` was spent by what is measured and by who measures."""
        whole = max((after.wall - before.wall) * (os.cpu_count() or 1), 1e-9)
        foreign = max(after.busy - before.busy - ours, 0.0)
        return cls(foreign / whole, (after.stolen - before.stolen) / whole, slowed)

    def __str__(self) -> str:
        """Empty when it was quiet."""
        said = []
        if self.foreign > MOST_FOREIGN:
            said.append(f"{self.foreign:.0%} others")
        if self.stolen > MOST_STOLEN:
            said.append(f"{self.stolen:.0%} stolen")
        if self.slowed > MOST_SLOWED:
            said.append(f"loop ×{self.slowed:.2f}")
        return "noisy: " + ", ".join(said) if said else ""


def typical(noises: list[Noise]) -> Noise:
    """The median of each kind of noise: one bad round of many does not make a figure noisy, because figures are medians too."""
    middle = len(noises) // 2
    return Noise(
        sorted(each.foreign for each in noises)[middle],
        sorted(each.stolen for each in noises)[middle],
        sorted(each.slowed for each in noises)[middle],
    )
