"""A database that one test after another uses: emptied of what a test wrote, instead of made anew.

A clone costs little, but it is cold: of the tenth of a second that a small test takes, most is connecting, building Tortoise's
models and having PostgreSQL parse and plan statements it was sent before. Here connections, and what they have prepared, stay.

Whoever comes after a test that changed more than rows gets a fresh clone: the schema, statistics, settings, where the pool
connects to, or so many rows that the files have grown.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import tortoise.context
from tests.servers import Databases
from tortoise.backends.base_postgres.client import BasePostgresClient
from tortoise.context import TortoiseContext

from crm.store.database import Database, tortoise_config
from crm.store.errors import UNAVAILABLE
from crm.store.pool import BoundedPool

GROWN = 2 * 2**20
"""Bytes of the tables a test wrote to, from which on the database is thrown away: reading past dead rows is not free."""
POOL = 10

TABLES = """
    SELECT format('%I', relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
SEQUENCES = """
    SELECT format('%I', relname) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
NOW = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
CATALOG = "SELECT " + " + ".join(
    f"(SELECT count(*) + coalesce(max(xmin::text::bigint), 0) FROM {name} WHERE {key} >= 16384)"
    for name, key in {
        "pg_class": "oid", "pg_constraint": "oid", "pg_index": "indexrelid", "pg_trigger": "oid", "pg_proc": "oid",
        "pg_type": "oid", "pg_namespace": "oid", "pg_attribute": "attrelid", "pg_statistic": "starelid",
    }.items()
) + """
    + (SELECT 1000000 * count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
       WHERE datname = current_database())
"""  # fmt: skip
STRANGERS = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'
    AND pid <> pg_backend_pid() AND NOT (application_name = 'crm' AND state = 'idle')
"""


@dataclass
class Kept:
    """One database, open, and what it holds before a test."""

    url: str
    context: TortoiseContext
    keeper: asyncpg.Connection
    """A connection of our own, beside the pool that tests use."""
    catalog: int
    sequences: str
    rows: dict[str, bytes]
    """What the template has in the tables where it has anything, as COPY writes it."""
    counts: dict[str, int]
    empty: list[str]
    horizon: int = 0
    """Rows of this transaction and later ones are not the template's."""
    question: str = field(default="", init=False)

    @classmethod
    async def make(cls, databases: Databases) -> Kept:
        url = await databases.create()
        context = TortoiseContext()
        tortoise.context.set_global_context(context)  # building models asks for it
        try:
            await context.init(config=tortoise_config(url, max_size=POOL))
        finally:
            tortoise.context._global_context = None
        keeper = await asyncpg.connect(url, server_settings={"application_name": "keeper"})
        tables = [row[0] for row in await keeper.fetch(TABLES)]
        counts = {name: await keeper.fetchval(f"SELECT count(*) FROM {name}") for name in tables}
        rows = {name: await _copy_of(keeper, name) for name, count in counts.items() if count}
        states = [
            (name, *(await keeper.fetchrow(f"SELECT last_value, is_called FROM {name}")))
            for name in [row[0] for row in await keeper.fetch(SEQUENCES)]
        ]
        sequences = "SELECT " + ", ".join(f"setval('{name}', {last}, {str(called).lower()})" for name, last, called in states)
        found = cls(
            url, context, keeper, await keeper.fetchval(CATALOG), sequences, rows,
            {name: count for name, count in counts.items() if count}, [name for name, count in counts.items() if not count],
        )  # fmt: skip
        await found.look_again()
        return found

    async def look_again(self) -> None:
        """From here on, what is written is a test's."""
        self.horizon = await self.keeper.fetchval(NOW)
        touched = [f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in self.empty]
        touched += [
            f"SELECT '{name}' FROM {name} HAVING count(*) <> {count} OR max(xmin::text::bigint) >= $1"
            for name, count in self.counts.items()
        ]
        self.question = " UNION ALL ".join(touched)

    def lend(self) -> Database:
        """As `open_database` would give it, for every task of this process."""
        tortoise.context.set_global_context(self.context)
        return Database(self.url, cast("BasePostgresClient", self.context.connections.get("default")))

    def take_back(self) -> None:
        if tortoise.context._global_context is self.context:
            tortoise.context._global_context = None

    async def restore(self) -> bool:
        """Put back what the template has, and nothing else; False if that cannot be."""
        if (
            not self._all_are_back()
            or await self.keeper.fetchval(STRANGERS)
            or await self.keeper.fetchval(CATALOG) != self.catalog
        ):
            return False
        touched = [row[0] for row in await self.keeper.fetch(self.question, self.horizon)]
        if not touched:
            await self.keeper.execute(self.sequences)
            return True
        if await self.keeper.fetchval("SELECT sum(pg_relation_size(t::regclass)) FROM unnest($1::text[]) t", touched) > GROWN:
            return False
        async with self.keeper.transaction():
            await self.keeper.execute("SET LOCAL session_replication_role = replica; SET LOCAL lock_timeout = '2s'")
            await self.keeper.execute(";".join(f"DELETE FROM {name}" for name in touched))
            for name in touched:
                if name in self.rows:
                    await self.keeper.copy_to_table(name.strip('"'), source=_once(self.rows[name]), format="binary")
            await self.keeper.execute(self.sequences)
        await self.look_again()
        return True

    def _all_are_back(self) -> bool:
        """Whether nobody holds a connection of the pool any more, and the pool is as it was made."""
        client: Any = self.context.connections.get("default")
        pool = client._pool
        at = urlsplit(self.url)
        return (  # a test may have closed it, or have led it elsewhere
            isinstance(pool, BoundedPool)
            and str(client.port) == str(at.port or 5432)
            and client.host == (dict(parse_qsl(at.query)).get("host") or at.hostname)
            and not pool._closing
            and not pool._closed
            and all(holder._in_use is None for holder in pool._holders)
        )

    async def end(self) -> None:
        self.take_back()
        with suppress(Exception):
            await self.context.connections.close_all(discard=True)
        with suppress(Exception):
            await self.keeper.close()


async def _copy_of(connection: asyncpg.Connection, name: str) -> bytes:
    pieces: list[bytes] = []

    async def take(piece: bytes) -> None:
        pieces.append(bytes(piece))

    await connection.copy_from_table(name.strip('"'), output=take, format="binary")
    return b"".join(pieces)


async def _once(piece: bytes) -> Any:
    yield piece


class Shelf:
    """Where the database is between two tests."""

    def __init__(self, databases: Databases) -> None:
        self.databases = databases
        self.kept: Kept | None = None

    async def take(self) -> Kept:
        """The one that is there, or a new one."""
        kept, self.kept = self.kept or await Kept.make(self.databases), None
        return kept

    async def put_back(self, kept: Kept) -> None:
        """Keep it for the next test, or throw it away."""
        kept.take_back()
        with suppress(asyncpg.PostgresError, *UNAVAILABLE):
            if await kept.restore():
                self.kept = kept
                return
        await kept.end()
        await self.databases.drop(kept.url)

    async def close(self) -> None:
        if self.kept:
            await self.kept.end()
            await self.databases.drop(self.kept.url)
