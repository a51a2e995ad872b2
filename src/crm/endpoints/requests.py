"""What every request gets: an id that is on all its log lines, one line when it is done, and a plain answer when we crashed."""

from __future__ import annotations

import logging
import re
import secrets
import time

import orjson
import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm import logs, metrics
from crm.endpoints.refusals import Refused, troubled

HEADER = b"x-request-id"
ACCEPTABLE = re.compile(rb"[A-Za-z0-9._-]{1,64}")
QUIET = {"/healthz", "/readyz", "/metrics"}
GONE = 499
"""What our log says of a client that went away before its question was read; nobody is there to be told."""
STREAMS = "streams"
"""Set in the `state` of a request whose answer goes on until somebody ends it."""
KNOWN = ("/graphql", "/hooks", "/calendar", "/files")
SECRET = ("/calendar/", "/files/")
"""Whoever knows a path below these may read by it: no log holds one."""

log = structlog.get_logger("crm.requests")


class Requests:
    """Pure ASGI: it wraps the answer without reading it, so streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle HTTP and WebSocket; the lifespan passes by."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = request_id_of(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await _Exchange(scope, send, request_id).run(self.app, receive)


class _Exchange:
    """One request on its way through, and what we saw of its answer."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self.scope = scope
        self.forward = send
        self.request_id = request_id
        self.status = 0
        self.started = time.perf_counter()

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        try:
            await app(self.scope, receive, self.send)
        except ClientDisconnect:
            self.status = self.status or GONE
        except Exception as error:
            refusal = troubled(error)
            if refusal is not None and self.scope["type"] == "http" and not self.status:
                await self._refused(refusal)
                return
            # The cause is in our log under the id the client was told; the client learns nothing else.
            log.exception("request failed", method=self.scope.get("method", "WEBSOCKET"), path=_told(self.scope["path"]))
            if self.scope["type"] == "websocket":
                await self.forward({"type": "websocket.close", "code": 1011})
            elif self.status:
                raise  # half an answer is out: the server must cut the connection
            else:
                await self._crashed()
        finally:
            self._note()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), (HEADER, self.request_id.encode())]}
        elif message["type"] == "websocket.accept":
            self.status = 101
        await self.forward(message)

    async def _crashed(self) -> None:
        await self._refused(Refused(500, "Something went wrong.", "INTERNAL", reference=self.request_id))

    async def _refused(self, refusal: Refused) -> None:
        body = orjson.dumps(refusal.body)
        headers = {"content-type": "application/json", "content-length": str(len(body)), **refusal.headers}
        told = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": told})
        await self.send({"type": "http.response.body", "body": body})

    def _note(self) -> None:
        seconds = time.perf_counter() - self.started
        path = self.scope["path"]
        # A stream's seconds say how long somebody listened, not how long we took.
        if self.scope["type"] == "http" and not self.scope["state"].get(STREAMS):
            kind = next((known for known in KNOWN if path.startswith(known)), path if path in QUIET else "other")
            metrics.http_seconds.labels(kind, f"{self.status // 100}xx").observe(seconds)
        logs.note(
            "crm.requests", logging.DEBUG if path in QUIET else logging.INFO, "request", request_id=self.request_id,
            method=self.scope.get("method", "WEBSOCKET"), path=_told(path), status=self.status,
            ms=round(seconds * 1000, 1), client=(self.scope.get("client") or ("",))[0],
        )  # fmt: skip


def _told(path: str) -> str:
    """The path as it may stand in a log."""
    secret = next((prefix for prefix in SECRET if path.startswith(prefix)), None)
    return path if secret is None else f"{secret}…"


def request_id_of(scope: Scope) -> str:
    """The caller's id when it looks like one, else a new one."""
    for name, value in scope["headers"]:
        if name == HEADER and ACCEPTABLE.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)
