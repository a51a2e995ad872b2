"""Imports look down: the contracts of `.importlinter`, and that these name every package there is."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports

ROOMLESS = {"cli", "core", "store", "graph", "endpoints", "migrations"}
ROOMS = {"customers", "trade", "marketing", "office", "messaging", "system"}
SUBJECTS = {"notify": {"brokers", "gateways", "rosters"}}
"""What a layer has besides rooms: brokers carry the news of all of them, rosters know who is there for them, gateways speak to
systems around us."""
LAYERS = {"rules", "models", "access", "services", "notify", "loaders", "schema", "resolvers"}


@pytest.fixture
def home(request) -> Path:
    return request.config.rootpath


def test_the_contracts_hold(home: Path, monkeypatch):
    monkeypatch.chdir(home)
    assert read_configuration(str(home / ".importlinter"))
    assert lint_imports(config_filename=str(home / ".importlinter"), no_cache=True) == 0


def test_every_package_has_its_place(home: Path):
    source = home / "src" / "crm"
    packages = {path.name for path in source.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert packages - ROOMLESS - LAYERS == set()
    for layer in packages & LAYERS:
        rooms = {path.name for path in (source / layer).iterdir() if path.is_dir() and path.name != "__pycache__"}
        assert rooms - ROOMS - SUBJECTS.get(layer, set()) == set(), layer


def test_the_contracts_name_every_layer(home: Path):
    """A layer that no contract names would be free to import anything."""
    contracts = configparser.ConfigParser()
    contracts.read(home / ".importlinter")
    named = " ".join(value for section in contracts.values() for value in section.values())
    words = set(re.findall(r"crm\.\w+", named))
    source = home / "src" / "crm"
    layers = {f"crm.{path.stem}" for path in source.iterdir() if path.name[0] != "_" and path.name != "migrations"}
    assert layers - words == set()
