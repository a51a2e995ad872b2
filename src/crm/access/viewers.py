"""Viewers kept per token, so that authentication costs a request no statement.

Nothing here decides whether a token is still good: every read statement and every deed asks that of the database together with
its own work, and whoever finds a viewer stale comes back for a fresh one.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol
from uuid import UUID

from crm.access.loading import load_by_token, token_hash
from crm.access.viewer import Viewer

MOST = 20_000
ENTER_AT_ONCE = 4
SECONDS = 600
"""How long the estimate of how much a viewer sees is trusted; rights themselves are checked with every statement."""


class Database(Protocol):
    """Where connections come from."""

    def connection(self) -> AbstractAsyncContextManager[Any]:
        """A connection for reading."""


class Viewers:
    """The viewers of this process's live tokens; `seen` is told of each session that is loaded."""

    def __init__(self, database: Database, seen: Callable[[Any, UUID], Awaitable[None]]) -> None:
        self.database = database
        self.seen = seen
        self._door = asyncio.Semaphore(ENTER_AT_ONCE)
        self._kept: OrderedDict[bytes, tuple[float, Viewer]] = OrderedDict()

    async def of(self, token: str) -> Viewer | None:
        """The viewer of a token, from memory where possible."""
        kept = self._kept.get(token_hash(token))
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        return await self.load(token)

    async def enter(self, token: str) -> Viewer | None:
        """The viewer of a token as the database has it now, for somebody who begins to listen.

        How much they see takes many statements to estimate, and listening has no use for it: thousands come at once after a
        restart. They come in one after another: waiting for a connection all at once, most would be turned away.
        """
        async with self._door, self.database.connection() as connection:
            viewer = await load_by_token(connection, token, estimated=False)
            if viewer is not None and viewer.session is not None:
                await self.seen(connection, viewer.session)
        return viewer

    async def load(self, token: str) -> Viewer | None:
        """The viewer of a token as the database has it now; None for one that is not good."""
        key = token_hash(token)
        async with self.database.connection() as connection:
            viewer = await load_by_token(connection, token)
            if viewer is not None and viewer.session is not None:
                await self.seen(connection, viewer.session)
        if viewer is None:
            self._kept.pop(key, None)
            return None
        self._kept[key] = (time.monotonic() + SECONDS, viewer)
        self._kept.move_to_end(key)
        while len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return viewer
