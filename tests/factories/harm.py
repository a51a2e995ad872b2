"""What must hold after whatever a stranger did: no mistake of ours in the log, and nothing left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.factories.logbook import Lines, is_bad
from tests.factories.sockets import ConnectedOffice

from crm import metrics

CALM = 10.0
SERVING = ("/crm/endpoints/", "/uvicorn/protocols/")


def connections(office: ConnectedOffice) -> int:
    """How many connections to its port the kernel knows that the server has not closed."""
    port = int(office.address.rpartition(":")[2])
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[1].rpartition(":")[2], 16) == port and row[3] in ("01", "08") for row in rows)


def held(office: ConnectedOffice) -> tuple[float, int, int]:
    """Sockets that are signed in, tasks that serve connections, and connections. Background work comes and goes as it likes."""
    serving = sum(any(place in _file(task) for place in SERVING) for task in asyncio.all_tasks())
    return float(metrics.sockets._value.get()), serving, connections(office)


def _file(task: asyncio.Task[Any]) -> str:
    """Where the code of a task stands."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code.co_filename if code is not None else ""


@asynccontextmanager
async def unharmed(office: ConnectedOffice, logged: Lines) -> AsyncIterator[None]:
    """The log, and what a server in this process holds, before and after the block."""
    await office.admin.ask("me", "username")  # the client has its connection then, and the pool one for it
    before = held(office)
    yield
    async with asyncio.timeout(CALM):
        while any(now > then for now, then in zip(held(office), before, strict=True)):
            await asyncio.sleep(0.01)
    assert [line for line in logged() if is_bad(line)] == []
