"""One socket: signing in, and the operations on it. It reads serially, so that what a message means never depends on luck."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from crm.access.viewer import Viewer
from crm.core.errors import Unauthenticated
from crm.endpoints.execution import ENDED, Executor, Services
from crm.endpoints.sockets.messages import (
    DUPLICATE_ID,
    FORBIDDEN,
    INIT_TIMEOUT,
    NO_SUBPROTOCOL,
    OVERLOAD,
    RESTART,
    SLOW_CONSUMER,
    SUBPROTOCOL,
    TOO_MANY_INITS,
    UNAUTHORIZED,
    Closing,
    Message,
    frame,
    read_message,
)
from crm.endpoints.sockets.operations import run_operation
from crm.graph.context import Request as RequestFacts
from crm.store.errors import UNAVAILABLE

INIT_SECONDS = 5.0
PING_SECONDS = 12.0
SEND_SECONDS = 20.0
"""A client that takes nothing for so long is closed with 4413 and comes back with its cursors."""
CLOSE_SECONDS = 2.0
MOST_OPERATIONS = 20

AWAY = Closing(OVERLOAD, "Try again in a moment, with your cursors.")

log = structlog.get_logger("crm.sockets")


class Socket:
    """A client on a WebSocket, from the handshake to the end."""

    def __init__(self, websocket: WebSocket, executor: Executor, services: Services) -> None:
        self.websocket = websocket
        self.executor = executor
        self.services = services
        self.viewer: Viewer | None = None
        self.facts: RequestFacts | None = None
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._sending = asyncio.Lock()
        self._closing: Closing | None = None
        self._reader: asyncio.Task[Any] | None = None

    async def serve(self) -> None:
        """Until the client or we close it."""
        if SUBPROTOCOL not in self.websocket.scope.get("subprotocols", ()):
            await self.websocket.accept()
            await self.websocket.close(NO_SUBPROTOCOL, f"Only {SUBPROTOCOL} is spoken here.")
            return
        await self.websocket.accept(SUBPROTOCOL)
        self._reader = asyncio.current_task()
        pinging = asyncio.create_task(self._ping())
        try:
            await self._sign_in()
            while True:
                await self._take(read_message(await self._received()))
        except Closing as closing:
            self._reader = None
            await self._close(closing)
        except WebSocketDisconnect:
            pass
        except UNAVAILABLE as error:
            log.warning("socket closed, the database is away", reason=type(error).__name__)
            await self._close(AWAY)
        except asyncio.CancelledError:
            self._reader = None
            if self._closing is None:
                raise
            await self._close(self._closing)
        finally:
            pinging.cancel()
            await self._leave()

    async def send(self, text: str) -> None:
        """Write a frame; a client that does not read loses its socket, and nobody else waits for it."""
        try:
            async with asyncio.timeout(SEND_SECONDS), self._sending:
                await self.websocket.send_text(text)
        except TimeoutError:
            closing = Closing(SLOW_CONSUMER, "You read too slowly: come back with your cursors.")
            if asyncio.current_task() is self._reader:
                raise closing from None  # nobody stops the reader where it stands: it would be stopped again on its way out
            self._end(closing)
            raise WebSocketDisconnect(SLOW_CONSUMER) from None
        except RuntimeError as error:  # the other side is gone already
            raise WebSocketDisconnect(1006) from error

    async def end_session(self) -> None:
        """The session was revoked, has expired, or its person was disabled."""
        self._end(Closing(FORBIDDEN, ENDED))

    def begin_anew(self) -> None:
        """The database was restored under us: cursors have another life now, and clients read everything anew."""
        self._end(Closing(RESTART, "The database was restored."))

    def _end(self, closing: Closing) -> None:
        """Close from outside the reader: it is stopped where it waits."""
        if self._closing is None and self._reader is not None:
            self._closing = closing
            self._reader.cancel()

    async def _received(self) -> str | None:
        message = await self.websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1005)
        text: str | None = message.get("text")
        return text

    async def _sign_in(self) -> None:
        try:
            async with asyncio.timeout(INIT_SECONDS):
                message = read_message(await self._received())
                while message.type in ("ping", "pong"):
                    await self._take(message)
                    message = read_message(await self._received())
        except TimeoutError:
            raise Closing(INIT_TIMEOUT, "connection_init did not come in time.") from None
        if message.type != "connection_init":
            raise Closing(UNAUTHORIZED, "Send connection_init first.")
        token = _token(message.payload or {})
        viewer = None if token is None else await self.services.viewers.load(token)
        if viewer is None:
            raise Closing(FORBIDDEN, "This token is unknown, expired or revoked. Sign in again.")
        if not self.services.presence.admit(viewer, self):
            raise Closing(OVERLOAD, "This session has too many sockets.")
        self.viewer = viewer
        client = self.websocket.client
        reference = str(self.websocket.scope.get("state", {}).get("request_id", ""))
        self.facts = RequestFacts(reference, client.host if client else "", self.websocket.headers.get("user-agent"), token)
        await self.send(frame("connection_ack"))

    async def _take(self, message: Message) -> None:
        match message.type:
            case "ping":
                await self.send(frame("pong", payload=message.payload))
            case "connection_init":
                raise Closing(TOO_MANY_INITS, "connection_init was sent before.")
            case "subscribe":
                await self._begin(message)
            case "complete":
                operation = self._operations.pop(message.id, None)
                if operation is not None:
                    operation.cancel()

    async def _begin(self, message: Message) -> None:
        if message.id in self._operations:
            raise Closing(DUPLICATE_ID, f"Subscriber for {message.id} already exists")
        if len(self._operations) >= MOST_OPERATIONS:
            refusal = {"message": f"At most {MOST_OPERATIONS} operations on a socket.", "extensions": {"code": "RATE_LIMITED"}}
            await self.send(frame("error", message.id, [refusal]))
            return
        operation = asyncio.create_task(self._operate(message))
        self._operations[message.id] = operation

    async def _operate(self, message: Message) -> None:
        assert message.asked is not None
        assert self.facts is not None
        try:
            await run_operation(self, message.id, message.asked)
        except WebSocketDisconnect:
            return
        except Unauthenticated:
            self._end(Closing(FORBIDDEN, ENDED))
        except UNAVAILABLE as error:
            # Not an `error` message: stock clients take one for the end of the subscription and never ask again.
            log.warning("operation interrupted, the database is away", reason=type(error).__name__)
            self._end(AWAY)
        except Exception:
            log.exception("operation crashed")
            extensions = {"code": "INTERNAL", "reference": self.facts.id}
            with suppress(WebSocketDisconnect):
                await self.send(frame("error", message.id, [{"message": "Something went wrong.", "extensions": extensions}]))
        finally:
            if self._operations.get(message.id) is asyncio.current_task():
                del self._operations[message.id]

    async def _ping(self) -> None:
        """Proxies close what is silent, and a client that hears nothing knows that the line is dead."""
        with suppress(WebSocketDisconnect):
            while True:
                await asyncio.sleep(PING_SECONDS)
                if self.viewer is not None:
                    await self.send(frame("ping"))

    async def _close(self, closing: Closing) -> None:
        if self.websocket.application_state is WebSocketState.CONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.websocket.close(closing.code, closing.reason)

    async def _leave(self) -> None:
        self._reader = None  # from here on nobody may stop us half-way
        if self.viewer is not None:
            self.services.presence.leave(self.viewer, self)
            self.viewer = None
        operations = list(self._operations.values())
        self._operations.clear()
        for operation in operations:
            operation.cancel()
        await asyncio.gather(*operations, return_exceptions=True)


def _token(payload: dict[str, Any]) -> str | None:
    header = payload.get("authorization", payload.get("Authorization"))
    if not isinstance(header, str):
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def same_origin(websocket: WebSocket, allowed: tuple[str, ...]) -> bool:
    """Whether a page may open this socket: one of ours, or of an origin that the settings allow. Programs send no origin."""
    origin = websocket.headers.get("origin")
    if origin is None or origin.rstrip("/") in allowed:
        return True
    try:
        return urlsplit(origin).netloc == websocket.headers.get("host")
    except ValueError:  # `http://[`
        return False
