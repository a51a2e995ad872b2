"""The locks name every package by version and hash, and no address: an installation takes them from wherever it is told to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

LOCKS = sorted(Path("requirements").glob("*.txt"))
NODE = Path("tests/node/package-lock.json")
PINNED = re.compile(r"^([a-z0-9._-]+)==(\S+)( ; [^\\]+)? \\$")
HASHED = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")


def pins(lock: Path) -> dict[str, str]:
    found = (PINNED.match(line) for line in lock.read_text().splitlines())
    return {match[1]: match[2] for match in found if match}


@pytest.fixture(autouse=True)
def _at_home(request, monkeypatch):
    monkeypatch.chdir(request.config.rootpath)


def test_there_are_locks(request):
    assert {lock.stem for lock in LOCKS} >= {"run", "test"}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_address(lock: Path):
    assert "://" not in lock.read_text()
    assert not re.search(r"^\s*-(-index-url|-extra-index-url|-find-links|i|f|e)\b", lock.read_text(), re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_line_is_a_pin_or_a_hash(lock: Path):
    strange = [line for line in lock.read_text().splitlines() if not (PINNED.match(line) or HASHED.match(line))]
    assert strange == []


def test_the_locks_agree_with_each_other():
    run = pins(Path("requirements/run.txt"))
    for lock in LOCKS:
        assert {name: version for name, version in pins(lock).items() if name in run and run[name] != version} == {}, lock


def test_the_build_backend_is_locked():
    assert {"hatchling", "editables"} <= set(pins(Path("requirements/run.txt")))


def test_the_lock_of_node_names_no_address_and_every_hash():
    lock = json.loads(NODE.read_text())
    assert "://" not in NODE.read_text()
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert packages
    assert {name for name, package in packages.items() if not package["integrity"].startswith("sha512-")} == set()
    assert {name for name, package in packages.items() if package.get("hasInstallScript")} == set(), "scripts are not run"
    wanted = json.loads(NODE.with_name("package.json").read_text())["devDependencies"]
    assert lock["packages"][""]["devDependencies"] == wanted, "renew the lock: tests/node/README.md"
