"""procrastinate's way to the database: our pool, by asyncpg, instead of a second driver with a second pool.

Its statements name their parameters as `%(name)s`; asyncpg numbers them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import asyncpg
from procrastinate.connector import BaseAsyncConnector, Notify
from procrastinate.exceptions import NoResult

from crm.store.database import Database

ALIVE_SECONDS = 15.0
NAMED = re.compile(r"%\((\w+)\)s")


class Connector(BaseAsyncConnector):
    """The connector of one database. What it raises is what asyncpg and our pool raise."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open_async(self, pool: Any = None) -> None:
        """Nothing to open: the pool is there."""

    async def close_async(self) -> None:
        """Nor to close."""

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        """A statement without an answer."""
        await self.execute_query_all_async(query, **arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        """The first row."""
        rows = await self.execute_query_all_async(query, **arguments)
        if not rows:
            raise NoResult
        return rows[0]

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        """All rows."""
        text, names = _numbered(query)
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(text, *(arguments[name] for name in names))]

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Listen on a connection of its own until cancelled; raises when that connection is lost."""
        connection = await asyncpg.connect(self.database.url, server_settings={"application_name": "crm jobs"})
        heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        try:
            for channel in channels:
                await connection.add_listener(channel, lambda _, __, name, text: heard.put_nowait((name, text)))
            while True:
                try:
                    async with asyncio.timeout(ALIVE_SECONDS):
                        channel, payload = await heard.get()
                except TimeoutError:
                    await connection.execute("SELECT 1")
                    continue
                await on_notification(channel=channel, payload=payload)
        finally:
            await asyncio.shield(connection.close(timeout=2))


@lru_cache(maxsize=64)
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    """The text with `$1` for the first name and so on, and the names in that order."""
    names = tuple(dict.fromkeys(NAMED.findall(query)))
    return NAMED.sub(lambda found: f"${names.index(found[1]) + 1}", query), names
