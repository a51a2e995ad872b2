"""uvicorn's HTTP protocol, for answers that go on: they hear of the end of the server, and a client that is gone is missed.

A WebSocket is closed by uvicorn when the server stops; an answer is waited for until it is complete, and one that never is would
hold the server up. And whoever vanishes without a word must not be taken for somebody who listens.
"""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Protocol

from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

CONNECTION = "connection"
"""Under which key of its `state` a request finds the connection it came by; other servers than ours have none."""
VANISHED_SECONDS = 30
"""How long bytes may stay unconfirmed: longer than two comments of a stream are apart."""
KERNEL_BYTES = 64 * 1024
"""What the kernel holds for a stream that is not read; it would let it grow to megabytes."""


class Going(Protocol):
    """An answer that goes on until somebody ends it."""

    def begin_anew(self) -> None:
        """End it: the client is to come back."""

    def gone(self) -> None:
        """The connection is lost."""


class HttpProtocol(HttpToolsProtocol):
    """What `crm serve` speaks on HTTP."""

    going: Going | None = None
    running: RequestResponseCycle | None = None

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["state"][CONNECTION] = self

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        self.running = cycle
        super()._start_asgi_task(cycle, app)  # type: ignore[arg-type]

    def carry(self, going: Going | None) -> None:
        """From now on an answer goes on here; with None no longer."""
        self.going = going
        found = self.transport.get_extra_info("socket")
        if going is None or found is None:
            return
        with suppress(OSError):  # lost a moment ago
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
            if hasattr(socket, "TCP_USER_TIMEOUT") and found.family in (socket.AF_INET, socket.AF_INET6):
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_SECONDS * 1000)

    def cut(self) -> None:
        """End the connection at once; what was not read yet never will be."""
        self.transport.abort()

    def shutdown(self) -> None:
        """The server stops."""
        super().shutdown()
        if self.going is not None:
            self.going.begin_anew()

    def connection_lost(self, exc: Exception | None) -> None:
        """By us, by them or by the network."""
        super().connection_lost(exc)
        if self.scope is not None:
            self.scope["state"].pop(CONNECTION, None)  # else the two hold each other until the collector comes
        if self.running is not None and not self.running.response_complete:
            # uvicorn tells the latest request only, and a client may have sent another one behind the one that goes on.
            self.running.disconnected = True
            self.running.message_event.set()
        if self.going is not None:
            self.going.gone()


def connection_of(scope: Scope) -> HttpProtocol | None:
    """The connection of a request, where it is one of ours."""
    found = scope.get("state", {}).get(CONNECTION)
    return found if isinstance(found, HttpProtocol) else None
