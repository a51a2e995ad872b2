"""The database as the rest of the house sees it: one pool for reads, rows and transactions.

Reads that render their own SQL take a raw connection; services take a transaction. Both come from the pool Tortoise made, so that
the size of the pool is the number of connections this process can hold, whatever it does with them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.backends.base_postgres.client import BasePostgresClient
from tortoise.context import TortoiseContext
from tortoise.transactions import in_transaction

from crm.store.counting import CountingConnection
from crm.store.errors import StoreError
from crm.store.pool import WAIT_SECONDS
from crm.store.statements import CONNECT_OPTIONS

APP = "crm"
MODELS = "crm.models"
MIGRATIONS = "crm.migrations"
STATEMENT_SECONDS = 30
"""What the server itself allows a statement of ours: for the case that nobody is left who could cancel it."""
POOL = 10


Bell = Callable[[Collection[object]], None]
"""Told of the topics that a commit brought news of."""


@dataclass
class Database:
    """One open database. `url` is what it was opened with."""

    url: str
    client: BasePostgresClient
    bells: set[Bell] = field(default_factory=set)
    """Called in this process after a commit that recorded events. Only to save waiting: the outbox is the truth."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """A raw connection for reads; inside a transaction of this task it is not the transaction's: use the one it yields."""
        pool = cast("AsyncpgDBClient", self.client)._pool
        if pool is None:  # made on first use
            async with self.client.acquire_connection() as connection:
                yield connection
            return
        connection = await pool.acquire()
        try:
            yield connection
        finally:
            await pool.release(connection)

    def transaction(self) -> AbstractAsyncContextManager[TransactionalDBClient]:
        """A transaction, or a savepoint when this task is inside one already. Start no tasks inside it that outlive it."""
        return cast("AbstractAsyncContextManager[TransactionalDBClient]", in_transaction("default"))

    def announce(self, news: Collection[object] = ()) -> None:
        """Ring the bells: there is news of these topics; without any, of who knows what."""
        for bell in tuple(self.bells):
            bell(news)

    async def has_rows(self, table: str) -> bool:
        """Whether a table holds anything at all."""
        async with self.connection() as connection:
            return bool(await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{table}")'))

    async def ping(self) -> None:
        """One round trip; raises when the database cannot answer."""
        async with self.connection() as connection:
            await connection.fetchval("SELECT 1")


@asynccontextmanager
async def open_database(
    url: str,
    *,
    max_size: int = POOL,
    statement_seconds: int = STATEMENT_SECONDS,
    wait_seconds: float = WAIT_SECONDS,
    shared: bool = True,
) -> AsyncIterator[Database]:
    """Open the pool and Tortoise over it.

    `shared` makes this the database of every task of the process: a server needs that, because its requests run in other tasks
    than its start-up. There can be one such at a time. `statement_seconds` of 0 lets statements run as long as they need;
    `wait_seconds` is how long a task waits for a free connection.
    """
    async with TortoiseContext() as context:
        config = tortoise_config(url, max_size=max_size, statement_seconds=statement_seconds, wait_seconds=wait_seconds)
        await context.init(config=config, _enable_global_fallback=shared)
        database = Database(url, cast("BasePostgresClient", context.connections.get("default")))
        try:
            await database.ping()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            await context.connections.close_all(discard=True)
            raise StoreError(
                f"The database at {where(url)} does not answer ({reason(error)}): check CRM_DATABASE_URL."
            ) from error
        yield database


def tortoise_config(
    url: str, *, max_size: int = POOL, statement_seconds: int = STATEMENT_SECONDS, wait_seconds: float = WAIT_SECONDS
) -> dict[str, Any]:
    """What Tortoise is initialised with."""
    server = {"timezone": "UTC", "application_name": "crm", "statement_timeout": str(statement_seconds * 1000)}
    # Starting workers took 11 ms each time, for statements of one; there are as many connections as processors to use them.
    server["max_parallel_workers_per_gather"] = "0"
    extra: dict[str, Any] = {
        "minsize": 0,  # asyncpg writes a traceback for each connection of a minimum that it cannot make anew
        "maxsize": max_size,
        "wait_seconds": wait_seconds,
        "connection_class": CountingConnection,
        "server_settings": server,
    }
    credentials = CONNECT_OPTIONS | _credentials(url) | extra
    return {
        "connections": {"default": {"engine": "crm.store.pool", "credentials": credentials}},
        "apps": {APP: {"models": [MODELS], "default_connection": "default", "migrations": MIGRATIONS}},
        "use_tz": True,
        "timezone": "UTC",
    }


def where(url: str) -> str:
    """The address without the password, for messages."""
    parts = urlsplit(url)
    host = dict(parse_qsl(parts.query)).get("host") or parts.hostname or "localhost"
    return f"{host}{parts.path}"


def reason(error: BaseException) -> str:
    """The first line of what a driver says, or the kind of error when it says nothing."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _credentials(url: str) -> dict[str, Any]:
    """The parts of a postgresql:// address; its query may name `host` (a socket folder) and whatever asyncpg.connect takes."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    found: dict[str, Any] = {
        "host": query.pop("host", None) or parts.hostname or "localhost",
        "port": int(query.pop("port", parts.port or 5432)),
        "user": unquote(parts.username or "") or query.pop("user", "crm"),
        "password": unquote(parts.password) if parts.password else query.pop("password", None),
        "database": parts.path.lstrip("/") or "crm",
    }
    ssl = query.pop("sslmode", None)
    numbers = {name: int(query.pop(name)) for name in CONNECT_OPTIONS if name in query}
    return found | query | numbers | ({"ssl": ssl} if ssl else {})


TORTOISE_ORM = tortoise_config("postgresql://crm@localhost/crm")
"""For `python -m tortoise makemigrations`, which reads models and migrations and never connects."""
