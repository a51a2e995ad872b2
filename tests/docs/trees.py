"""A copy of the source tree in which a guide is followed to the letter."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.blocks import blocks, put
from tests.servers import environment

HOME = Path(__file__).parents[2]
COPIED = ("src", "migrations", "tests", "docs", "requirements", "pyproject.toml", ".importlinter", "schema.graphql", "Makefile")
SKIPPED = shutil.ignore_patterns(".*cache")
"""Compiled files go along: they know their sources by size and time, which the copy keeps. Making them anew takes seconds."""
MIGRATION = re.compile(r"^make migration NAME=(\w+)$", re.MULTILINE)


def copied(to: Path) -> Path:
    for name in COPIED:
        if (HOME / name).is_dir():
            shutil.copytree(HOME / name, to / name, symlinks=True, ignore=SKIPPED)
        else:
            shutil.copy(HOME / name, to / name)
    return to


def run(tree: Path, *words: str) -> str:
    """A module's command in the tree, importing the tree's own `crm`; it must succeed."""
    command = [sys.executable, "-m", *words]
    settings = environment(PYTHONPATH=str(tree / "src"))
    done = subprocess.run(command, cwd=tree, env=settings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def follow(page: Path, tree: Path) -> list[str]:
    """Do what the page says: its blocks, its migration, the schema. The names of the files that are new."""
    titled = [block for block in blocks(page) if block.title]
    later = [block for block in titled if "NNNN" in block.title]
    for block in titled:
        if block not in later:
            put(block, tree)
    for name in MIGRATION.findall(page.read_text(encoding="utf-8")):
        run(tree, "tortoise", "makemigrations", "crm", "--name", name)
    for block in later:
        put(block, tree)
    run(tree, "crm", "schema", "export")
    written = [block.title for block in titled if block.language == "python"]
    run(tree, "ruff", "check", *written)
    run(tree, "ruff", "format", "--check", *written)
    return written


def passes(tree: Path, *tests: str) -> int:
    """Run these tests in the tree; how many there were."""
    told = run(tree, "pytest", "-p", "no:xdist", "-p", "no:cacheprovider", "-q", *tests)
    found = re.search(r"^(\d+) passed", told, re.MULTILINE)
    assert found, told
    return int(found[1])
