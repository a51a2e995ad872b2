"""What is installed is whole: migrations travel inside the package, wherever it is unpacked."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import crm
from crm.store import migrate


@pytest.fixture
def home(request) -> Path:
    return request.config.rootpath


def test_migrations_are_one_folder_seen_from_two_places(home: Path):
    inside = home / "src" / "crm" / "migrations"
    assert inside.is_symlink()
    assert inside.readlink() == Path("../../migrations")
    assert inside.resolve() == (home / "migrations").resolve()


def test_the_migration_writer_names_nothing_of_this_machine(home: Path):
    for path in (home / "migrations").glob("*.py"):
        assert str(home) not in path.read_text()


def test_a_wheel_carries_everything(home: Path, tmp_path: Path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    answer = subprocess.run(command, cwd=home, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"crm/migrations/{name}.py" for name in migrate.known()} <= names
    source = Path(crm.__file__).parent
    modules = {f"crm/{path.relative_to(source)}" for path in source.rglob("*.py")}
    assert modules - names == set()
