"""Writing to a socket without waiting for it: what the server's transport has not sent yet is the queue, and it is bounded."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect

EXTENSION = "crm.wire"
MOST_BUFFERED = 256 * 1024
"""Bytes that wait for one client. One that is further behind is closed and comes back with its cursors."""


class Wire(Protocol):
    """One socket's way out."""

    @property
    def full(self) -> bool:
        """Whether more waits for the client already than it may leave waiting."""

    def framed(self, text: bytes) -> bytes:
        """A text as `write` takes it; made once for all sockets of a server that get the same."""

    def write(self, frame: bytes) -> bool:
        """Send it as soon as may be; False where the socket is closed or closing."""

    def offer(self, frame: bytes) -> bool:
        """The same, and False also where too much waits already."""

    async def ready(self) -> None:
        """Wait until the client has taken enough of what was sent."""

    def stalled(self) -> float:
        """For how many seconds the client has been taking too little."""

    def settle(self) -> None:
        """The handshake is over: let go of what only it needed."""

    def release(self) -> None:
        """The last frame goes now, behind whatever waits: nobody waits for a client that is being closed."""


class QueuedWire:
    """The way out through a server that gives nothing but ASGI: a queue, and a task while there is something in it."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._closed = False
        self._writing: asyncio.Task[None] | None = None
        self._since = 0.0

    @property
    def full(self) -> bool:
        """Too much in the queue."""
        return self._bytes > MOST_BUFFERED

    def framed(self, text: bytes) -> bytes:
        """The server makes its frames itself."""
        return text

    def write(self, frame: bytes) -> bool:
        """Into the queue."""
        if self._closed:
            return False
        self._waiting.append(frame)
        self._bytes += len(frame)
        if self._writing is None:
            self._since = asyncio.get_running_loop().time()
            self._writing = asyncio.create_task(self._write())
        return True

    def offer(self, frame: bytes) -> bool:
        """Into the queue, if there is room."""
        return not self.full and self.write(frame)

    async def ready(self) -> None:
        """Until the queue is empty."""
        if self._writing is not None:
            await asyncio.shield(self._writing)

    def stalled(self) -> float:
        """Since the task last got something written."""
        return 0.0 if self._writing is None else asyncio.get_running_loop().time() - self._since

    def settle(self) -> None:
        """Nothing of it is held here."""

    def release(self) -> None:
        """What is in the queue is let go: the server itself writes the last frame."""
        self._waiting.clear()

    async def _write(self) -> None:
        try:
            while self._waiting:
                frame = self._waiting.popleft()
                await self.websocket.send_text(frame.decode())
                self._bytes -= len(frame)
                self._since = asyncio.get_running_loop().time()
        except (RuntimeError, WebSocketDisconnect, OSError):  # the other side is gone
            self._closed = True
        finally:
            self._writing = None


def wire_of(websocket: WebSocket) -> Wire:
    """The server's own, where it has one (`protocol.py`)."""
    extensions: dict[str, Any] = websocket.scope.get("extensions") or {}
    with suppress(KeyError):
        wire: Wire = extensions[EXTENSION]
        return wire
    return QueuedWire(websocket)
