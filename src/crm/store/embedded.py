"""The embedded PostgreSQL server: one data folder, one owner, a unix socket, and nothing left behind.

with EmbeddedServer(Path(".crm")) as server:
server.url
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

from crm.store.binaries import NOBODY, Binaries, clean_environment, find_server
from crm.store.errors import StoreError
from crm.store.folder import DataFolder

START_SECONDS = 60
STOP_SECONDS = 30
FOR_TESTS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
ALWAYS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class EmbeddedServer:
    """A PostgreSQL server that lives and dies with this process."""

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        self.home = DataFolder(folder)
        self.options = ALWAYS | (options or {})
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Take the folder, clean up after a killed predecessor, make the data if there is none, and serve it."""
        binaries = find_server()
        self.home.take()
        try:
            self._clean_up()
            self._check_version(binaries)
            if not self.home.data.exists():
                self._create(binaries)
            self._launch(binaries)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server without waiting for its clients, and give the folder back. May be called twice."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)  # it recovers from its log at the next start
                self._process.wait()
        self._process = None
        self.home.release()

    def _clean_up(self) -> None:
        """The folder is ours, so whatever still runs or lies here belonged to a process that was killed."""
        shutil.rmtree(self.home.fresh, ignore_errors=True)
        pid = self.home.running_server()
        if pid:
            for sign in (signal.SIGINT, signal.SIGQUIT):
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
                if _wait_until(lambda: self.home.running_server() is None, STOP_SECONDS):
                    break
            else:
                raise StoreError(f"An earlier PostgreSQL (process {pid}) will not stop: end it, then try again.")
        self.home.forget_sockets()

    def _check_version(self, binaries: Binaries) -> None:
        stamp = self.home.data / "PG_VERSION"
        made_by = stamp.read_text().strip() if stamp.exists() else ""
        if made_by and made_by != str(binaries.major):
            raise StoreError(
                f"{self.home.data} was made by PostgreSQL {made_by} and this is {binaries.major}: use the version of crm that "
                f"made it for `crm backup FILE`, then `crm restore FILE` into another CRM_DATA_DIR."
            )

    def _create(self, binaries: Binaries) -> None:
        """Make the data beside its place and move it there when whole: a killed first start leaves no half database."""
        fresh = self.home.fresh
        fresh.mkdir(mode=0o700)
        _hand_over(binaries, fresh)
        sync = ["--no-sync"] if self.options.get("fsync") == "off" else []
        words = ["--username=crm", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", *sync, "-D", str(fresh)]
        self._run(binaries.command("initdb", *words))
        single = ["--single", "-D", str(fresh), "-c", f"fsync={self.options.get('fsync', 'on')}", "postgres"]
        self._run(binaries.command("postgres", *single), stdin="CREATE DATABASE crm\n")
        fresh.rename(self.home.data)

    def _run(self, command: list[str], stdin: str = "") -> None:
        answer = subprocess.run(
            command, input=stdin, capture_output=True, text=True, env=clean_environment(), start_new_session=True, check=False
        )
        if answer.returncode:
            lines = answer.stderr.strip().splitlines() or ["no reason given"]
            raise StoreError(f"The database cannot be made in {self.home.folder}: {lines[-1]}")

    def _launch(self, binaries: Binaries) -> None:
        sockets = self.home.make_sockets()
        _hand_over(binaries, sockets)
        quoted = '"' + str(sockets).replace('"', '""') + '"'
        settings = self.options | {"unix_socket_directories": quoted}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with self.home.log.open("ab") as log:
            # A session of its own: Ctrl-C in the terminal is for us, and we stop the server when its clients are gone.
            self._process = subprocess.Popen(
                binaries.command("postgres", "-D", str(self.home.data), *words),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=clean_environment(), start_new_session=True,
            )  # fmt: skip
        if not _wait_until(lambda: self._ready() or self._gone(), START_SECONDS) or self._gone():
            raise StoreError(f"The embedded PostgreSQL did not start: {self.home.why_not_started()} (more in {self.home.log}).")
        self.url = f"postgresql://crm@/crm?host={quote(str(sockets), safe='/')}"
        self.home.write_note(sockets, self.url)

    def _ready(self) -> bool:
        status = self.home.status()
        return (
            len(status) > 7 and status[7].strip() == "ready" and self._process is not None and status[0] == str(self._process.pid)
        )

    def _gone(self) -> bool:
        return self._process is None or self._process.poll() is not None


def _hand_over(binaries: Binaries, folder: Path) -> None:
    if binaries.as_nobody:
        os.chown(folder, NOBODY, NOBODY)


def _wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
