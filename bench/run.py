"""`make bench [IDS=P1,P9]`: measure what the goals name, print a table, write bench/results.json.

Every measurement is a module with `IDS`, the figures it takes, and `measure(ids) -> list[Result]`. A figure without a peer is an
absolute one of this machine, and says so. `P12` also means `P12a`.
"""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from bench.results import Result, show, write  # noqa: E402 -- the line above makes `bench` importable

STOPPED = 128 + signal.SIGTERM
MODULES = ("reads", "growth", "search", "popup", "reminders", "push.fanout", "push.popups", "push.memory", "push.growth")


def main(wanted: str) -> int:
    modules = [importlib.import_module(f"bench.{name}") for name in MODULES]
    known = [each for module in modules for each in module.IDS]
    chosen, strange = choose(wanted, known)
    if strange:
        print(f"{', '.join(strange)}: there is no such measurement; there are {', '.join(known)}.")
        return 2
    signal.signal(signal.SIGTERM, _stop)
    results: list[Result] = []
    for module in modules:
        if mine := chosen & set(module.IDS):
            results += module.measure(mine)
    show(results)
    write(results, HERE / "results.json")
    return 0


def _stop(*_: object) -> None:
    """Told to end, we still end the servers that we started."""
    raise SystemExit(STOPPED)


def choose(wanted: str, known: Sequence[str]) -> tuple[set[str], list[str]]:
    """What is asked for by name, or all of it; and the names that nothing has."""
    names = {each.strip().upper() for each in wanted.split(",") if each.strip()}
    called = {each: {each.upper(), each.rstrip("abc")} for each in known}
    chosen = {each for each, callings in called.items() if not names or callings & names}
    return chosen, sorted(names - set().union(*called.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
