"""Processor time and memory of process trees, from /proc: what a server really cost, whoever waited for what."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
NANOSECONDS = 1e9
PARENT, OWN, REAPED = 1, slice(11, 13), slice(13, 15)
"""Places after the name in /proc/<pid>/stat: the parent; user and system time of the process; those of children that ended."""


@dataclass(frozen=True, slots=True)
class _Process:
    parent: int
    ticks: int


def tree(root: int) -> set[int]:
    """The process and all that descend from it."""
    return _descendants(root, _all())


def cpu_seconds(roots: Iterable[int]) -> float:
    """Processor time spent so far by these processes and all that descend from them, those that have ended included.

    A child that ends hands its time to its parent when that one waits for it, so the sum never goes back.
    """
    processes = _all()
    members = {pid for root in roots for pid in _descendants(root, processes)}
    return sum(processes[pid].ticks for pid in members if pid in processes) / TICKS


def fine_seconds(roots: Iterable[int]) -> float:
    """The same to the nanosecond, of what lives now: for what takes less than the ten milliseconds in which the other counts.

    The time of a process or thread that ends between two looks is missed, so it is for servers that start none as they work.
    """
    processes = _all()
    members = {pid for root in roots for pid in _descendants(root, processes)}
    return sum(_ran(pid) for pid in members) / NANOSECONDS


def _ran(pid: int) -> int:
    """Nanoseconds on a processor of all threads of a process."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # it ended while we looked
            total += int(thread.read_text().split()[0])
    return total


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of process trees: with shared pages divided among those who share them, and without shared pages."""

    proportional: int
    unique: int


def memory(roots: Iterable[int]) -> Memory:
    """What these processes and all that descend from them occupy."""
    processes = _all()
    members = {pid for root in roots for pid in _descendants(root, processes)}
    pages: dict[str, int] = {}
    for pid in members:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, size = line.split()[:2]
                pages[name] = pages.get(name, 0) + int(size) * 1024
    return Memory(pages.get("Pss:", 0), pages.get("Private_Clean:", 0) + pages.get("Private_Dirty:", 0))


def _all() -> dict[int, _Process]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                text = (folder / "stat").read_text()
            except OSError:
                continue  # it ended while we looked
            words = text.rpartition(")")[2].split()
            found[int(folder.name)] = _Process(int(words[PARENT]), sum(map(int, words[OWN])) + sum(map(int, words[REAPED])))
    return found


def _descendants(root: int, processes: dict[int, _Process]) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, process in processes.items():
        children.setdefault(process.parent, []).append(pid)
    members: set[int] = set()
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        if pid not in members:
            members.add(pid)
            waiting += children.get(pid, [])
    return members
