"""uvicorn's WebSocket protocol, with an end to waiting: what we close is gone, whether or not the other side ever reads again."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

GRACE_SECONDS = 5.0
"""How long a client that has been closed may take to fetch what was sent before."""


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
    """What `crm serve` speaks on sockets. Whoever closes one, we, uvicorn's keepalive or the end of the server, it ends."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The handshake of HTTP is done; uvicorn hands the connection over."""
        super().connection_made(cast(asyncio.Transport, MortalTransport(cast(asyncio.Transport, transport))))

    def connection_lost(self, exc: Exception | None) -> None:
        """By us, by them or by the network."""
        super().connection_lost(exc)  # which closes the transport once more
        cast(MortalTransport, self.transport).gone()
