"""Serving: what stops it before it starts, what it stops when it ends."""

from __future__ import annotations

import shutil
import signal
import socket
import urllib.request

import httpx
import pytest
from tests.servers import SECRET_KEY, crm

from crm.services.system import accounts
from crm.store.database import Database
from crm.store.folder import DataFolder


def get(url: str) -> int:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return int(answer.status)


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 143)])
def test_a_signal_stops_everything(serving, migrated_folder, tmp_path, sign, code):
    folder = tmp_path / "a folder with spaces"
    shutil.copytree(migrated_folder, folder / ".crm")
    first = serving("serve", "--port", "0", cwd=folder)
    assert get(first.address() + "/readyz") == 200
    assert first.end(sign) == code, first.output
    assert DataFolder(folder / ".crm").running_server() is None


def test_after_kill_9_the_next_start_recovers_by_itself(serving, tmp_path, data_folder):
    first = serving("serve", "--port", "0")
    first.address()
    first.end(signal.SIGKILL)
    second = serving("serve", "--port", "0")
    assert get(second.address() + "/readyz") == 200


def test_a_second_server_on_the_same_data_is_refused(serving, tmp_path, data_folder):
    first = serving("serve", "--port", "0")
    first.address()
    answer = crm("serve", "--port", "0", cwd=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr == (
        f"crm: Another crm (process {first.process.pid}) is using {tmp_path}/.crm: "
        "stop it, or set CRM_DATA_DIR to another folder.\n"
    )


def test_other_commands_use_the_server_that_is_running(serving, tmp_path, data_folder):
    serving("serve", "--port", "0").address()
    answer = crm("migrate", cwd=tmp_path)
    assert (answer.returncode, answer.stdout) == (0, "Nothing to do.\n"), answer.stderr


def test_a_taken_port_is_said_before_anything_starts(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for command in ("serve", "demo"):
            answer = crm(command, "--port", str(port), cwd=tmp_path)
            assert answer.returncode == 1
            assert answer.stderr.startswith(f"crm: Port {port} on 127.0.0.1 is taken: stop what listens there, or choose")
            assert answer.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


REFUSED = {
    "an address that is not ours": (["serve", "--host", "192.0.2.1"], "crm: 192.0.2.1 is not an address of this machine"),
    "workers without Redis": (["serve", "--workers", "2"], "crm: --workers above 1 needs CRM_REDIS_URL"),
    "a worker without Redis": (["worker"], "crm: crm worker needs CRM_REDIS_URL"),
    "a demo for others": (["demo", "--host", "0.0.0.0"], "crm: crm demo listens on 127.0.0.1 only"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_refused_in_one_line(case, tmp_path):
    words, text = REFUSED[case]
    answer = crm(*words, cwd=tmp_path)
    assert answer.returncode == 1
    assert answer.stderr.startswith(text), answer.stderr
    assert answer.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_demo_never_touches_a_database_of_yours(tmp_path):
    answer = crm("demo", cwd=tmp_path, CRM_DATABASE_URL="postgresql://h/d")
    assert (answer.returncode, answer.stderr.startswith("crm: crm demo makes its own database")) == (1, True)


async def test_a_database_elsewhere_is_not_migrated_unasked(databases, tmp_path):
    async with databases.temporary(template=None) as url:
        answer = crm("serve", "--port", "0", cwd=tmp_path, CRM_DATABASE_URL=url, CRM_SECRET_KEY=SECRET_KEY)
        assert answer.returncode == 1
        assert answer.stderr == "crm: The database waits for migration 0001_initial: run crm migrate.\n"
        assert crm("migrate", cwd=tmp_path, CRM_DATABASE_URL=url).returncode == 0


async def test_the_demo_password_is_kept_off_the_network(database: Database, serving):
    here = {"CRM_DATABASE_URL": database.url, "CRM_SECRET_KEY": SECRET_KEY}
    await accounts.create_user(database, "agent1", "demo-password", "administrator", None)
    refused = serving("serve", "--host", "0.0.0.0", "--port", "0", **here)
    assert refused.process.wait(30) == 1
    refused.wait_for_text("crm: An account still has the demo password: change it with crm user passwd")
    serving("serve", "--host", "127.0.0.1", "--port", "0", **here).address()
    await accounts.change_password(database, "agent1", "a-longer-password")
    serving("serve", "--host", "0.0.0.0", "--port", "0", **here).address()


async def test_real_sockets(live: str, database: Database):
    async with httpx.AsyncClient(base_url=live) as client:
        assert (await client.get("/readyz")).json() == {"ready": True, "checks": {"database": "ok", "broker": "ok"}}


def test_workers_share_the_port_when_there_is_a_redis(serving, valkey, data_folder):
    server = serving("serve", "--port", "0", "--workers", "2", CRM_REDIS_URL=valkey)
    address = server.address()
    server.wait_for_text("Application startup complete")
    assert get(address + "/readyz") == 200
    assert "uvicorn.access" not in server.output
    assert server.end(signal.SIGTERM) == 0, server.output
    assert DataFolder(data_folder).running_server() is None


def test_the_process_answers_while_it_is_asked_to_stop(serving, data_folder):
    server = serving("serve", "--port", "0")
    host, port = server.address().removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as idle:
        idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(12) == b"HTTP/1.1 200"
        assert server.end(signal.SIGTERM, timeout=5) == 143


def test_data_is_private(serving, tmp_path, data_folder):
    server = serving("serve", "--port", "0")
    server.address()
    folder = tmp_path / ".crm"
    assert folder.stat().st_mode & 0o077 == 0o011
    assert (folder / "secret-key").stat().st_mode & 0o777 == 0o600
    assert (folder / "postgres").stat().st_mode & 0o777 == 0o700
