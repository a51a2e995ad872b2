"""The pool of connections under Tortoise: nobody waits in it for ever, and none of its connections gets lost.

Tortoise finds `client_class` by the name of this module, which `database.py` gives it as its engine.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections

from crm.store.deadlines import in_time
from crm.store.errors import PoolExhausted

WAIT_SECONDS = 3.0
"""How long a request waits for a connection. Beyond that the queue only grows, and a client does better to come back."""
CONNECT_SECONDS = 3.0
RELEASE_SECONDS = 5.0
"""How long a connection whose statement was cancelled may take to be good again; else it is thrown away."""


class BoundedPool(asyncpg.Pool):  # type: ignore[misc]  # asyncpg ships no types
    """A pool that answers `PoolExhausted` in time, and throws away what does not become free."""

    __slots__ = ("wait_seconds",)

    async def _acquire(self, timeout: float | None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        if not self._queue.empty() and self._queue._queue[-1].is_connected():
            return await super()._acquire(None)  # the next one is open and free: there is nothing to wait for
        # Not asyncpg's own timeout: before Python 3.12 that is a task for each connection taken, busy or not.
        try:
            async with asyncio.timeout(timeout or self.wait_seconds) as scope:
                return await in_time(super()._acquire(None))
        except TimeoutError:
            if scope.expired():
                raise PoolExhausted from None
            raise

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:  # noqa: ASYNC109 - asyncpg's own
        """Give a connection back; at once where nothing is left of what it did.

        asyncpg makes a task for each that is given back, in case something has to be waited for: 0.05 ms of every read.
        """
        if _is_clean(connection):
            holder = connection._holder
            connection._con._on_release()
            holder._timeout = None
            holder._release()
            holder._setup_inactive_callback()
            return
        if _is_stopped() and connection._con is not None and connection._con._protocol.is_in_transaction():
            # Its BEGIN or its ROLLBACK was cut off: asyncpg would take it for a transaction that somebody forgot, and say so.
            connection.terminate()
        await super().release(connection, timeout=timeout or RELEASE_SECONDS)


def _is_stopped() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _is_clean(connection: Any) -> bool:
    """Open, in no transaction, with nothing being cancelled, listened for or worn out."""
    raw, holder = connection._con, connection._holder
    return (
        raw is not None
        and not raw.is_closed()
        and not raw._protocol._is_cancelling()
        and not raw._protocol.is_in_transaction()
        and raw._top_xact is None
        and not raw._listeners
        and not raw._log_listeners
        and raw._protocol.queries_count < holder._max_queries
        and holder._generation == holder._pool._generation
        and not holder._pool._closing
    )


class Transaction(TransactionContextPooled):
    """Tortoise's, which keeps a connection for ever when its BEGIN fails or is cancelled."""

    __slots__ = ()

    async def __aenter__(self) -> TransactionalDBClient:
        client = cast(TransactionWrapper, self.client)
        await self.ensure_connection()
        pool = cast(BoundedPool, client._parent._pool)
        client._connection = await pool.acquire()
        try:
            await client.begin()
        except BaseException:
            await pool.release(client._connection)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client


class Client(AsyncpgDBClient):
    """Tortoise's client over a `BoundedPool`."""

    def __init__(self, *args: Any, wait_seconds: float = WAIT_SECONDS, **options: Any) -> None:
        super().__init__(*args, **options)
        self.wait_seconds = wait_seconds

    async def create_pool(self, **options: Any) -> asyncpg.Pool:
        """The pool; `create_pool` of asyncpg makes none of another class."""
        pool = BoundedPool(
            None, max_queries=50_000, max_inactive_connection_lifetime=300.0, record_class=asyncpg.Record,
            timeout=CONNECT_SECONDS, **options,
        )  # fmt: skip
        pool.wait_seconds = self.wait_seconds
        return await pool

    def _in_transaction(self) -> TransactionContext:
        return Transaction(TransactionWrapper(self), self._pool_init_lock)


client_class = Client
