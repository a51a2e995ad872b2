"""Where sockets are opened."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from crm import logs
from crm.endpoints.execution import Executor
from crm.endpoints.requests import request_id_of
from crm.endpoints.sockets.handshakes import same_origin
from crm.endpoints.sockets.socket import Socket

PATH = "/graphql"
OPENED, REFUSED = 101, 403

log = structlog.get_logger("crm.sockets")


class Sockets:
    """Serves the sockets of `/graphql`; everything else passes by.

    It stands before what is made for requests: a middleware that waits for a socket to end is a frame of memory for as long as
    that takes, and they were a fifth of what an idle socket cost.
    """

    def __init__(self, app: ASGIApp, executor: Executor) -> None:
        self.app = app
        self.executor = executor

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """No coroutine of its own, for the same reason."""
        if scope["type"] == "websocket" and scope["path"] == PATH:
            return self._serve(WebSocket(scope, receive, send))
        return self.app(scope, receive, send)

    async def _serve(self, websocket: WebSocket) -> None:
        started, scope = time.perf_counter(), websocket.scope
        request_id, status = request_id_of(scope), OPENED
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                if same_origin(websocket, self.executor.settings.allowed_origins):
                    await Socket(websocket, self.executor, websocket.app.state.services).serve()
                else:
                    status = REFUSED
                    await websocket.close()  # before it is accepted: the handshake is answered 403
            except (WebSocketDisconnect, RuntimeError):
                log.debug("socket was gone already")
        logs.note(
            "crm.requests", logging.INFO, "request", request_id=request_id, method="WEBSOCKET", path=PATH, status=status,
            ms=round((time.perf_counter() - started) * 1000, 1), client=(scope.get("client") or ("",))[0],
        )  # fmt: skip
