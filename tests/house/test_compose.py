"""compose.yaml and the Dockerfile name only what there is: commands, settings, paths, files. Nothing here can run them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from crm.cli.commands import app
from crm.config import PREFIX, Settings
from crm.endpoints import health


@pytest.fixture
def home(request) -> Path:
    return request.config.rootpath


@pytest.fixture
def compose(home) -> dict[str, Any]:
    return yaml.safe_load((home / "compose.yaml").read_text())


@pytest.fixture
def dockerfile(home) -> list[str]:
    return [line for line in (home / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]


def ours(compose) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if "build" in service}


def parsed(words: list[str]) -> dict[str, Any]:
    """The options of a command line as `crm` reads them; raises where it would refuse it."""
    command = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    return dict(command.make_context(words[0], words[1:]).params)


def test_the_installation_is_complete(compose):
    commands = [service["command"][0] for service in ours(compose).values()]
    assert sorted(commands) == ["migrate", "serve", "serve", "worker"]
    assert set(compose["services"]) - set(ours(compose)) == {"postgres", "valkey"}


def test_its_commands_are_commands_of_ours(compose):
    for name, service in ours(compose).items():
        given = parsed(service["command"])
        if name != "migrate":
            assert (given["host"], given["port"]) == ("0.0.0.0", 8000)


def test_its_settings_are_settings_of_ours_and_hold(compose):
    known = {f"{PREFIX}{field.upper()}" for field in Settings.model_fields}
    for service in ours(compose).values():
        given = service["environment"]
        assert {name for name in given if name.startswith(PREFIX)} <= known
        assert set(given) - known == {"FORWARDED_ALLOW_IPS"}
        values = {name: expanded(value) for name, value in given.items()}
        settings = Settings(
            _env_file=None, **{name.removeprefix(PREFIX).lower(): value for name, value in values.items() if value}
        )
        assert settings.redis_url == "redis://valkey:6379/0"
        assert not settings.embedded


def expanded(value: str) -> str:
    """With what compose puts in: the default, or something for what must be given."""
    return re.sub(r"\$\{\w+:([-?])([^}]*)\}", lambda found: found[2] if found[1] == "-" else "a" * 40, value)


def test_what_must_be_given_is_said_in_the_manual(home, compose):
    needed = set(re.findall(r"\$\{(\w+):\?", (home / "compose.yaml").read_text()))
    assert needed == {"POSTGRES_PASSWORD", "CRM_SECRET_KEY"}
    manual = (home / "docs" / "operations.md").read_text()
    assert all(f"`{name}`" in manual for name in needed)


def test_everybody_says_how_it_is_and_waits_for_what_it_needs(compose):
    paths = {route.path for route in health.routes()}
    for name, service in compose["services"].items():
        assert "healthcheck" in service
        for other, how in service.get("depends_on", {}).items():
            assert other in compose["services"]
            healthy = how["condition"] == "service_healthy"
            assert not healthy or "test" in compose["services"][other]["healthcheck"]
        if name != "migrate" and "build" in service:
            (address,) = re.findall(r"http://127\.0\.0\.1:8000(/\w+)", service["healthcheck"]["test"][-1])
            assert address in paths
            compile(service["healthcheck"]["test"][-1], "healthcheck", "exec")
    assert ours(compose)["web-1"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_volumes_are_declared_and_grace_is_longer_than_a_drain(compose):
    from crm.cli.listening import SERVER

    for service in compose["services"].values():
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in compose["volumes"]
    for service in ours(compose).values():
        assert int(service["stop_grace_period"].removesuffix("s")) > SERVER["timeout_graceful_shutdown"]


def test_the_image_is_built_of_files_that_are_there(home, dockerfile):
    sent = (home / ".dockerignore").read_text()
    for line in dockerfile:
        if line.startswith("COPY") and "--from" not in line:
            for source in shlex.split(line)[1:-1]:
                assert (home / source).exists()
                assert f"!{source}\n" in sent, f"{source} is not sent to the builder"
    assert any("--require-hashes -r requirements/run.txt" in line for line in dockerfile)


def test_the_image_runs_a_command_of_ours_as_nobody_special(dockerfile):
    said = dict(line.split(" ", 1) for line in dockerfile)
    assert json.loads(said["ENTRYPOINT"]) == ["crm"]
    assert parsed(json.loads(said["CMD"]))["port"] == 8000
    assert said["USER"] == "crm"
