"""How far a long filling is, and how fast each kind of record went in."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


class ProgressBar:
    """Call it with (kind, done, total) as often as you like: `progress("customers", 500, 2000)`. Silent off a terminal."""

    def __init__(self, title: str) -> None:
        self._console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bars = Progress(*columns, console=self._console, disable=not self._console.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._last = time.perf_counter()
        self.title = title
        self.counts: dict[str, int] = {}
        self.seconds: dict[str, float] = {}

    def __call__(self, kind: str, done: int, total: int) -> None:
        """So many of this kind are in."""
        now = time.perf_counter()
        self.seconds[kind] = self.seconds.get(kind, 0.0) + now - self._last
        self.counts[kind] = done
        self._last = now
        if kind not in self._tasks:
            self._tasks[kind] = self._bars.add_task(kind, total=total)
        self._bars.update(self._tasks[kind], completed=done, total=total)

    def rates(self) -> dict[str, dict[str, float]]:
        """Per kind: how many, and how many a second."""
        return {
            kind: {"count": count, "per_second": round(count / max(self.seconds[kind], 1e-6))}
            for kind, count in self.counts.items()
        }

    def __enter__(self) -> Self:
        self._console.print(f"{self.title} …")
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()
