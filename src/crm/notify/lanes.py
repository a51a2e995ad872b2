"""Who goes first: what is for a few people, such as a call, before what is being written to thousands, whatever its stream."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Lane:
    """Of one process: how much is under way that something large has to give way to."""

    def __init__(self) -> None:
        self._under_way = 0
        self._free = asyncio.Event()
        self._free.set()

    def enter(self) -> None:
        """Something small is begun."""
        self._under_way += 1
        self._free.clear()

    def leave(self) -> None:
        """It is written, or given up."""
        self._under_way -= 1
        if not self._under_way:
            self._free.set()

    async def give_way(self, until: float) -> None:
        """Let others have their turn; while something small is under way, until that is over, but no longer than until then.

        A popup is some five statements, and its process comes back to it between two of these: had it each time to wait for 64
        frames to others, it would take as long as all of them together.
        """
        await asyncio.sleep(0)
        if self._under_way and (left := until - asyncio.get_running_loop().time()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._free.wait()
