"""The folder an embedded database lives in: who owns it, which server runs in it, where its socket is.

Its owner holds a lock for as long as it lives. The kernel drops that lock even on `kill -9`, so whoever gets it knows that a
server still running here is an orphan.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TextIO

from crm.store.errors import StoreError

SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107
TEMPORARY = "crm-"


class InUse(StoreError):
    """Another process owns the data folder."""


class DataFolder:
    """`.crm`: the data, the server's log, the owner's lock and its note about the running server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.data = self.folder / "postgres"
        self.fresh = self.folder / "postgres.new"
        self.log = self.folder / "postgres.log"
        self._note = self.folder / "server.json"
        self._lock: TextIO | None = None

    def take(self) -> None:
        """Become the owner, or say who is."""
        try:
            self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
            lock = (self.folder / "lock").open("a+")
        except OSError as error:
            raise StoreError(
                f"{self.folder} is not writable ({error.strerror}): set CRM_DATA_DIR to a folder of yours."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise InUse(
                f"Another crm (process {owner}) is using {self.folder}: stop it, or set CRM_DATA_DIR to another folder."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock

    def release(self) -> None:
        """Give the folder back. May be called twice, and without having taken it."""
        if self._lock:
            self.forget_sockets()
            self._lock.close()
            self._lock = None

    def make_sockets(self) -> Path:
        """A private folder for the socket: here, or where its path is short enough."""
        sockets = self.folder / "socket"
        if _fits(sockets):
            sockets.mkdir(mode=0o700, exist_ok=True)
            return sockets
        sockets = Path(tempfile.mkdtemp(prefix=TEMPORARY))
        if not _fits(sockets):
            sockets.rmdir()
            sockets = Path(tempfile.mkdtemp(prefix=TEMPORARY, dir="/tmp"))
        self.write_note(sockets)  # before the server starts, so that the folder is found again however we end
        return sockets

    def forget_sockets(self) -> None:
        """Remove the note, and the temporary folder it names."""
        recorded = self.read_note().get("sockets")
        if recorded and Path(recorded).parent != self.folder and Path(recorded).name.startswith(TEMPORARY):
            shutil.rmtree(recorded, ignore_errors=True)
        self._note.unlink(missing_ok=True)

    def write_note(self, sockets: Path, url: str = "") -> None:
        """Tell other processes where the server is; without an address it is still starting."""
        self._note.write_text(json.dumps({"sockets": str(sockets), "url": url}))

    def read_note(self) -> dict[str, str]:
        """What the owner wrote about its server, or nothing."""
        try:
            return dict(json.loads(self._note.read_text()))
        except (OSError, ValueError):
            return {}

    def status(self) -> list[str]:
        """The lines of the server's own pid file: process, …, and in the eighth whether it is ready."""
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def running_server(self) -> int | None:
        """The process that serves this data, if one does; a number that a dead server left may be a stranger's by now."""
        status = self.status()
        if not status or not status[0].isdigit():
            return None
        pid = int(status[0])
        try:
            os.kill(pid, 0)
            # A server works inside its data folder, also when that was moved under it.
            at_home = not Path("/proc/self").exists() or Path(f"/proc/{pid}/cwd").readlink() == self.data
        except OSError:
            return None
        return pid if at_home else None

    def why_not_started(self) -> str:
        """The last fatal line of the server's log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        fatal = [line for line in text.splitlines() if "FATAL" in line]
        return fatal[-1].split("FATAL:")[-1].strip() if fatal else "no reason given"


def _fits(sockets: Path) -> bool:
    return len(os.fsencode(sockets / SOCKET_NAME)) <= LONGEST_SOCKET_PATH
