"""The peer of pushing: graphql-ws over ws on Node, as their manuals say. No rights, no database."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bench.servers.postgraphile import INSTALLED, node
from bench.servers.process import Process

NAME = "graphql-ws"
PROGRAM = Path(__file__).parents[1] / "node" / "push.mjs"


def said() -> str:
    """What it is, for the set-up of a figure."""
    versions = {
        name: json.loads((INSTALLED / "node_modules" / name / "package.json").read_text())["version"]
        for name in ("graphql-ws", "ws", "graphql")
    }
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"peer: {listed}; no rights, no database, no receipts, which favours it"


def serve(control: Path) -> Process:
    """It takes what it is to publish from a socket at this path."""
    program = shutil.copy(PROGRAM, INSTALLED)
    return Process([str(node()), "--expose-gc", str(program), str(control)], INSTALLED, {"NODE_ENV": "production"})
