"""A server in a process of its own: started, asked where it listens, ended with all it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

START_SECONDS = 120
STOP_SECONDS = 30
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


class Process:
    """One command that prints its address once it serves; what it says goes to a file, as under a supervisor."""

    def __init__(self, command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> None:
        self.command, self.folder, self.settings = list(command), folder, dict(settings)
        self.address = ""

    def __enter__(self) -> Self:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CRM_", "PG", "NODE_"))}
        with tempfile.NamedTemporaryFile(prefix="crm-bench-", suffix=".log", delete=False) as said:
            self._said = Path(said.name)
            self._process = subprocess.Popen(
                self.command, cwd=self.folder, env=kept | self.settings, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            self.address = self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    @property
    def pid(self) -> int:
        """The process that was started; what it starts itself descends from it."""
        return self._process.pid

    def _wait(self) -> str:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            said = self._said.read_text(errors="replace")
            if found := ADDRESS.search(said):
                return found[0]
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{self.command[:4]} does not serve: {self._said.read_text(errors='replace')[-2000:]}")

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._said.unlink(missing_ok=True)
