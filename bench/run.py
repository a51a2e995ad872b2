"""`make bench [IDS=P9]`: measure what the goals name, print a table, write bench/results.json.

Every measurement is a module with `ID`, `WHAT` and `measure() -> list[Result]`. A figure without a peer is an absolute time on
this machine, and says so.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

MODULES = ("popup",)


@dataclass
class Result:
    """One figure: ours, the peer's where there is one, their ratio, and how it was taken."""

    id: str
    what: str
    ours: float
    unit: str
    runs: int
    setup: str
    peer: float | None = None
    ratio: float | None = None


def main(wanted: str) -> int:
    here = Path(__file__).parent
    sys.path.insert(0, str(here.parent))
    modules = [importlib.import_module(f"bench.{name}") for name in MODULES]
    ids = {each.strip().upper() for each in wanted.split(",") if each.strip()}
    if unknown := ids - {module.ID for module in modules}:
        print(f"{', '.join(sorted(unknown))}: there is no such measurement; there are {', '.join(m.ID for m in modules)}.")
        return 2
    results = [each for module in modules if not ids or module.ID in ids for each in module.measure()]
    table = Table("id", "what", "ours", "peer", "ratio", "runs", "set-up")
    for each in results:
        peer = "–" if each.peer is None else f"{each.peer:g}"
        ratio = "–" if each.ratio is None else f"{each.ratio:.2f}"
        table.add_row(each.id, each.what, f"{each.ours:g} {each.unit}", peer, ratio, str(each.runs), each.setup)
    Console(width=160).print(table)
    machine = {"machine": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()}
    (here / "results.json").write_text(json.dumps({**machine, "results": [asdict(each) for each in results]}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
