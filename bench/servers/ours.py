"""`crm serve`, as in production: one process, JSON log, a database elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.documents import ours
from bench.load import Ask, ask
from bench.servers.process import Process
from bench.servers.side import Side

SECRET = "measured with a key that guards nothing"
STATEMENTS = re.compile(r"^crm_sql_statements_total (\S+)$", re.MULTILINE)


def settings(url: str) -> dict[str, str]:
    return {"CRM_DATABASE_URL": url, "CRM_SECRET_KEY": SECRET}


def serve(url: str, folder: Path) -> Process:
    return Process([sys.executable, "-m", "crm", "serve", "--port", "0"], folder, settings(url))


def side(process: Process, token: str, name: str = "ours") -> Side:
    """Asked by the person whose token this is."""

    def asking(process: Process, document: str, variables: Mapping[str, Any], named: str) -> Ask:
        return ask(process.address, "/graphql", {"query": ours(document), "variables": variables}, token, named)

    return Side(name, process, asking)


def statements(process: Process) -> int:
    """How many statements the server has sent since it started."""
    with urllib.request.urlopen(f"{process.address}/metrics", timeout=30) as answer:
        found = STATEMENTS.search(answer.read().decode())
    if found is None:
        raise RuntimeError("the metrics do not tell how many statements were sent")
    return int(float(found[1]))


def command(url: str, folder: Path, *words: str) -> str:
    """Run a command of ours to its end; what it prints."""
    kept = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-m", "crm", *words], cwd=folder, env=kept | settings(url), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"crm {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def token(url: str, folder: Path, username: str) -> str:
    """A session of a seeded user."""
    return str(json.loads(command(url, folder, "session", "create", "--username", username, "--json"))[0])
