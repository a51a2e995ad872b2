"""Work that one process does of all that could: whoever holds an advisory lock of the database.

The lock lives as long as the connection it was taken on. A holder that finds that connection silent stops before the server gives
the lock to another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import structlog

from crm.notify.cancelling import heed_cancellation
from crm.store.advisory import lock_key
from crm.store.database import reason

LOOK_SECONDS = 1.0
STATEMENT_SECONDS = 3.0
SERVER = {
    "application_name": "crm gateway",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    # More than a look and a statement that is not answered take together: the old holder has stopped by then.
    "idle_session_timeout": "6s",
}
SHORTEST_PAUSE, LONGEST_PAUSE = 0.25, 5.0

log = structlog.get_logger("crm.gateways")

Work = Callable[[], Awaitable[None]]


async def leading(url: str, name: str, work: Work) -> None:
    """Do it whenever nobody else does, until cancelled."""
    pause = SHORTEST_PAUSE
    while True:
        heed_cancellation()
        try:
            connection = await asyncpg.connect(url, server_settings=SERVER, command_timeout=STATEMENT_SECONDS)
            pause = SHORTEST_PAUSE
            try:
                await _stand_by(connection, name, work)
            finally:
                await asyncio.shield(connection.close(timeout=2))
        except Exception as error:  # noqa: BLE001 -- a connection that the server ends raises many kinds of error
            log.warning("gateway stands by for the database", gateway=name, reason=reason(error), again_in=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def _stand_by(connection: Any, name: str, work: Work) -> None:
    key = lock_key(f"gateway {name}")
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", key):
        heed_cancellation()
        await asyncio.sleep(LOOK_SECONDS)
    heed_cancellation()
    log.info("gateway runs here", gateway=name)
    task = asyncio.ensure_future(work())
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
            await connection.execute("SELECT 1")
            heed_cancellation()
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
