"""The limit: one statement by hand for each question, its JSON passed on as it is. See `handwritten_app.py`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.load import Ask, ask
from bench.servers.process import Process
from bench.servers.side import Side

REPOSITORY = Path(__file__).parents[2]


def serve(url: str, pool: int) -> Process:
    return Process([sys.executable, "-m", "bench.servers.handwritten_app", url, str(pool)], REPOSITORY, {})


def side(process: Process, token: str, name: str = "by hand") -> Side:
    """Asked by the person whose token this is."""

    def asking(process: Process, document: str, variables: Mapping[str, Any], named: str) -> Ask:
        return ask(process.address, f"/{document}", variables, token, named)

    return Side(name, process, asking)
