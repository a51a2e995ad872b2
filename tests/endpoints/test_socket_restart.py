"""A deploy: every socket is told to come back."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from tests.factories.sockets import connected_office


async def test_the_server_goes_away_with_1012(database, tmp_path):
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(connected_office(database, tmp_path))
        lines = [await stack.enter_async_context(office.line(office.admin.token)) for _ in range(3)]
        for line in lines:
            await line.listen("subscription { announcements { cursor } }")
        closing = asyncio.gather(*(line.closes() for line in lines))
        await office.stop()
        assert await closing == [1012, 1012, 1012]
