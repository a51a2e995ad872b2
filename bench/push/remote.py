"""The client process, from the side of who measures: started, told what to do, and not believed when messages are wrong."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson

REPOSITORY = Path(__file__).parents[2]
LONGEST_LINE = 64 << 20
OPEN_SECONDS, REACH_SECONDS, PATIENCE = 300.0, 60.0, 60.0
LINGER = 0.3
"""How long one message too many may take to come."""

News = tuple[str, Mapping[str, Any], Sequence[int] | None]
"""Field, content and the sockets it is for; None for all."""
Sent = tuple[str, str, float]
"""Field, record, and when."""


class WrongMessages(Exception):
    """Something was lost, doubled, out of order or not what it should be: whatever was measured does not count."""


class Remote:
    """A running client."""

    def __init__(self, process: asyncio.subprocess.Process, name: str) -> None:
        self.process, self.name = process, name
        self.sockets = 0
        self.opened_in = 0.0

    async def open(self, address: str, tokens: Sequence[str]) -> None:
        """So many sockets more."""
        answer = await self._ask(OPEN_SECONDS + PATIENCE, do="open", address=address, tokens=tokens, seconds=OPEN_SECONDS)
        self.sockets, self.opened_in = answer["sockets"], self.opened_in + answer["seconds"]

    async def expect(self, news: Sequence[News]) -> int:
        """Say beforehand what will come; how many messages that are, with all that was expected before."""
        answer = await self._ask(PATIENCE, do="expect", news=news)
        return int(answer["expected"])

    async def reach(self, count: int | None = None, seconds: float = REACH_SECONDS) -> float:
        """Wait until so many of what was expected have come, all of it by default; when the last did."""
        answer = await self._ask(seconds + PATIENCE, do="reach", seconds=seconds, count=count)
        return float(answer["last"])

    async def check(self, sent: Sequence[Sent], *, linger: float = LINGER) -> dict[str, Any]:
        """Every message looked at; any fault ends the run."""
        answer = await self._ask(PATIENCE * 3, do="check", sent=sent, linger=linger)
        if any(answer[fault] for fault in ("lost", "doubled", "reordered", "strange", "closed")):
            raise WrongMessages(f"{self.name}: { {name: answer[name] for name in answer if name not in ('times', 'lasts')} }")
        return answer

    async def _ask(self, patience: float, /, **command: Any) -> dict[str, Any]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(orjson.dumps(command) + b"\n")
        await self.process.stdin.drain()
        line = await asyncio.wait_for(self.process.stdout.readline(), patience)
        if not line:
            raise RuntimeError(f"the client of {self.name} has ended")
        answer: dict[str, Any] = orjson.loads(line)
        if "error" in answer:
            raise RuntimeError(f"the client of {self.name}: {answer['error']}")
        return answer


@asynccontextmanager
async def client(name: str, fields: Sequence[str], *, shared_ids: bool = False) -> AsyncIterator[Remote]:
    """A client that subscribes to these fields on each socket."""
    words = [sys.executable, "-m", "bench.push.client", ",".join(fields), *(["shared"] if shared_ids else [])]
    process = await asyncio.create_subprocess_exec(
        *words, cwd=REPOSITORY, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
    )
    try:
        yield Remote(process, name)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
