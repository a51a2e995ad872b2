"""Bells between processes: who committed something tells whoever gives the numbers.

They only save waiting. One that is not heard costs the pause of the leader's poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from crm.notify.cancelling import heed_cancellation

PAUSE_SECONDS = 0.25
LISTEN_SECONDS = 0.5


class Bells:
    """The bell of one epoch: anybody may ring it, the leader listens."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._name: str | None = None
        self._rung = asyncio.Event()
        self._leads = asyncio.Event()

    def hang(self, name: str) -> None:
        """From now on this is the bell."""
        self._name = name

    def lead(self, *, leading: bool) -> None:
        """Only the leader listens."""
        if leading:
            self._leads.set()
        else:
            self._leads.clear()

    def ring(self) -> None:
        """Many at once are one."""
        self._rung.set()

    async def run(self) -> None:
        """Send what was rung here, until cancelled."""
        while True:
            heed_cancellation()
            await self._rung.wait()
            self._rung.clear()
            if self._name is not None and not self._leads.is_set():
                with suppress(RedisError, OSError):
                    await self._client.publish(self._name, b"")

    async def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` for each ring while this process leads, until cancelled."""
        while True:
            heed_cancellation()
            await self._leads.wait()
            try:
                await self._listen(heard)
            except (RedisError, OSError):
                await asyncio.sleep(PAUSE_SECONDS)

    async def _listen(self, heard: Callable[[], None]) -> None:
        name = self._name
        if name is None:
            await asyncio.sleep(PAUSE_SECONDS)
            return
        async with self._client.pubsub() as subscription:
            await subscription.subscribe(name)
            while self._leads.is_set() and name == self._name:
                heed_cancellation()
                if await subscription.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS):
                    heard()
