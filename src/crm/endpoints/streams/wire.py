"""The bytes of an answer that goes on: written in order, to a client that takes them, or not at all."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from starlette.types import Message, Receive, Scope, Send

from crm.endpoints.streams.frames import HEADERS
from crm.endpoints.streams.protocol import Going, connection_of

SEND_SECONDS = 20.0
"""A client that takes nothing for so long is cut off; it comes back with its cursor."""
CLOSE_SECONDS = 2.0


class TooSlow(Exception):
    """The client takes nothing."""


class Wire:
    """One answer, from its head to its end. What the client does not take is held back up to the transport's mark, no further."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._connection = connection_of(scope)
        self._sending = asyncio.Lock()

    def carry(self, going: Going | None) -> None:
        """Tell an answer that goes on of the end of the server and of its client; None when it is over."""
        if self._connection is not None:
            self._connection.carry(going)

    async def begin(self) -> None:
        """Send the head; raises `TooSlow` as `write` does."""
        headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
        await self._sent({"type": "http.response.start", "status": 200, "headers": headers}, SEND_SECONDS)

    async def write(self, data: bytes) -> None:
        """Send a part; raises `TooSlow` where the client does not take what it was sent before."""
        await self._sent({"type": "http.response.body", "body": data, "more_body": True}, SEND_SECONDS)

    async def finish(self, data: bytes = b"") -> None:
        """Send the last part."""
        try:
            await self._sent({"type": "http.response.body", "body": data, "more_body": False}, CLOSE_SECONDS)
        except TooSlow:
            await self.cut()

    async def cut(self) -> None:
        """End it in the middle: nothing that is said in good order would be read."""
        if self._connection is not None:
            self._connection.cut()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.gone()  # the server must have seen it before we return, or it takes the answer for forgotten

    async def gone(self) -> None:
        """Until the client is not there any more."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _sent(self, message: Message, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds), self._sending:
                await self._send(message)
        except TimeoutError:
            raise TooSlow from None
