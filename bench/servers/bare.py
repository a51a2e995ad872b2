"""The floor of pushing: our WebSocket stack without GraphQL. See `bare_app.py`."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.servers.process import Process

NAME = "bare sockets"
REPOSITORY = Path(__file__).parents[2]


def serve(control: Path) -> Process:
    return Process([sys.executable, "-m", "bench.servers.bare_app", str(control)], REPOSITORY, {})
