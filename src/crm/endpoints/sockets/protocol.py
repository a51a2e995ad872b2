"""uvicorn's WebSocket protocol, with two things added: a way out that does not wait, and an end to waiting.

An announcement goes to thousands. Through ASGI each frame is a message of its own, with an event to wait for and a state machine
to ask; here a frame that is made already is handed to the transport. And what we close is gone, whether or not its client reads.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from crm.endpoints.sockets.wires import EXTENSION, MOST_BUFFERED

GRACE_SECONDS = 5.0
"""How long a client that has been closed may take to fetch what was sent before."""
SEND_BUFFER = 64 * 1024
"""Of the kernel for each socket: what a client that does not read costs beside our own buffer."""
TEXT = 0x81
"""A whole text in one frame."""


class MortalTransport:
    """A transport that is aborted where closing it does not end it.

    `close()` waits until everything was written. To a client that reads nothing that is for ever, and its descriptor with it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._last: asyncio.TimerHandle | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def close(self) -> None:
        """In good order, and without it after the grace."""
        self._transport.close()
        if self._last is None:
            self._last = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._transport.abort)

    def gone(self) -> None:
        """The connection is over: there is nothing left to abort."""
        if self._last is not None:
            self._last.cancel()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """What `crm serve` speaks on sockets. Whoever closes one, we, uvicorn's keepalive or the end of the server, it ends.

    It is the `Wire` of its socket.
    """

    bare: asyncio.Transport
    _paused_at: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake of HTTP is done; uvicorn hands the connection over."""
        self.bare = cast(asyncio.Transport, transport)
        if (raw := transport.get_extra_info("socket")) is not None:
            with suppress(OSError):
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        super().connection_made(cast(asyncio.Transport, MortalTransport(self.bare)))

    def connection_lost(self, exc: Exception | None) -> None:
        """By us, by them or by the network."""
        super().connection_lost(exc)  # which closes the transport once more
        cast(MortalTransport, self.transport).gone()

    async def run_asgi(self) -> None:
        """The application finds the wire in the scope of its socket."""
        cast(dict[str, Any], self.scope["extensions"])[EXTENSION] = self
        await super().run_asgi()

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        self._paused_at = self.loop.time()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        self._paused_at = None

    @property
    def full(self) -> bool:
        """Too much waits for this client."""
        return self.bare.get_write_buffer_size() > MOST_BUFFERED

    def framed(self, text: bytes) -> bytes:
        """A frame of the protocol, unmasked as servers send them."""
        length = len(text)
        if length < 126:
            return b"%c%c%b" % (TEXT, length, text)
        if length < 1 << 16:
            return b"%c\x7e%b%b" % (TEXT, length.to_bytes(2, "big"), text)
        return b"%c\x7f%b%b" % (TEXT, length.to_bytes(8, "big"), text)

    def write(self, frame: bytes) -> bool:
        """Straight to the transport. uvloop raises on one that is closing, so it is asked first."""
        if self.close_sent or self.bare.is_closing():
            return False
        self.bare.write(frame)
        return True

    def offer(self, frame: bytes) -> bool:
        """The same where there is room. All in one: this is what each of thousands of sockets costs for each event."""
        bare = self.bare
        if self.close_sent or bare.is_closing() or bare.get_write_buffer_size() > MOST_BUFFERED:
            return False
        bare.write(frame)
        return True

    async def ready(self) -> None:
        """Until the transport takes more."""
        await self.writable.wait()

    def stalled(self) -> float:
        """Since it last took more."""
        return 0.0 if self._paused_at is None else self.loop.time() - self._paused_at

    def release(self) -> None:
        """Uvicorn would wait for the client to take more before it writes the close frame, and that may be never."""
        self.writable.set()

    def settle(self) -> None:
        """The request with all its headers, three times over: 5 KB of each idle socket."""
        # Others hold them, too: the parser's frame, the request's scope. So they are emptied, not let go.
        self.request.headers.clear()
        self.response.headers.clear()
        cast(list[Any], self.scope["headers"]).clear()
