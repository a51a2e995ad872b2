"""A subscription as something to iterate over: for transports that write at their own pace."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from crm.core.errors import RequestError
from crm.notify.subscriptions import Edition

MOST_WAITING = 256


class TooSlow(RequestError):
    """The reader is too far behind: it comes back with its cursor."""

    code = "RATE_LIMITED"


class Feed:
    """A sink with a short queue. Iterating gives the answers, and raises what ended the subscription."""

    def __init__(self) -> None:
        self._waiting: deque[Edition] = deque()
        self._some = asyncio.Event()
        self._error: Exception | None = None

    def push(self, edition: Edition) -> bool:
        """Into the queue; where it is full the feed has ended."""
        if self._error is not None:
            return False
        if len(self._waiting) >= MOST_WAITING:
            self.end(TooSlow("You read too slowly: come back with your cursor."))
            return False
        self._waiting.append(edition)
        self._some.set()
        return True

    def end(self, error: Exception) -> None:
        """After what is in the queue, this is raised."""
        self._error = self._error or error
        self._some.set()

    async def __aiter__(self) -> AsyncIterator[Edition]:
        while True:
            while self._waiting:
                yield self._waiting.popleft()
            if self._error is not None:
                raise self._error
            self._some.clear()
            await self._some.wait()
