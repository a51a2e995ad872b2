"""One measured figure, the table people read, and the file scripts read."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass
class Result:
    """One figure: ours, the peer's where there is one, their ratio, and how it was taken.

    `ratio` is ours through the peer's: below one is better than the peer. `noisy` is why the figure is not to be trusted, where
    something else ran on the machine. `details` holds what stands behind the figure.
    """

    id: str
    what: str
    ours: float
    unit: str
    runs: int
    setup: str
    peer: float | None = None
    ratio: float | None = None
    noisy: str = ""
    details: dict[str, Any] = field(default_factory=dict)


def show(results: Sequence[Result]) -> None:
    """The table, and under it what the set-ups are and which figures are noisy."""
    table = Table("id", "what", "ours", "peer", "ratio", "runs", "noise")
    for each in results:
        peer = "–" if each.peer is None else f"{each.peer:g}"
        ratio = "–" if each.ratio is None else f"{each.ratio:.2f}"
        table.add_row(each.id, each.what, f"{each.ours:g} {each.unit}", peer, ratio, str(each.runs), each.noisy or "quiet")
    console = Console(width=160)
    console.print(table)
    for alike in _alike(results):
        console.print(_details(alike))
    for setup in dict.fromkeys(each.setup for each in results):
        ids = ", ".join(dict.fromkeys(each.id for each in results if each.setup == setup))
        console.print(f"{ids}: {setup}", highlight=False)


def _alike(results: Sequence[Result]) -> list[list[Result]]:
    """Those with details, by what stands in these: each kind of figure has a table of its own."""
    found: dict[tuple[str, ...], list[Result]] = {}
    for each in results:
        if each.details:
            names = tuple(dict.fromkeys(name for side in each.details.values() for name in side))
            found.setdefault(names, []).append(each)
    return list(found.values())


def _details(results: Sequence[Result]) -> Table:
    """What stands behind the figures, side by side."""
    names = list(dict.fromkeys(name for each in results for side in each.details.values() for name in side))
    table = Table("id", "side", *names)
    for each in results:
        for side, figures in each.details.items():
            table.add_row(
                f"{each.id} {each.what.split(', ')[0]}",
                side,
                *(f"{figures[name]:g}" if name in figures else "" for name in names),
            )
    return table


def write(results: Sequence[Result], path: Path) -> None:
    """The same as JSON."""
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    path.write_text(json.dumps({**machine, "results": [asdict(each) for each in results]}, indent=2, ensure_ascii=False) + "\n")
