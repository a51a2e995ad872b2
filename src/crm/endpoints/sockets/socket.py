"""One socket: signing in, and the operations on it. It reads serially, so that what a message means never depends on luck."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from crm import metrics
from crm.access.viewer import Viewer
from crm.core.errors import RequestError, Unauthenticated
from crm.endpoints.execution import ENDED, Executor, Services
from crm.endpoints.pushes.readers import Reader
from crm.endpoints.sockets.deliveries import Delivery
from crm.endpoints.sockets.handshakes import token_of
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
    crashed,
    frame,
    read_message,
)
from crm.endpoints.sockets.operations import refusal, run_operation
from crm.endpoints.sockets.wires import Wire, wire_of
from crm.graph.context import Request as RequestFacts
from crm.notify.subscriptions import Subscription
from crm.store.errors import UNAVAILABLE, is_away

INIT_SECONDS = 5.0
PING_SECONDS = 12.0
SEND_SECONDS = 20.0
"""A client that takes nothing for so long is closed with 4413 and comes back with its cursors."""
CLOSE_SECONDS = 2.0
MOST_OPERATIONS = 20
PING = frame("ping").encode()
PONG = frame("pong")

AWAY = Closing(OVERLOAD, "Try again in a moment, with your cursors.")
SLOW = Closing(SLOW_CONSUMER, "You read too slowly: come back with your cursors.")

log = structlog.get_logger("crm.sockets")


class Socket:
    """A client on a WebSocket, from the handshake to the end."""

    __slots__ = (
        "__weakref__",
        "_beat",
        "_closing",
        "_operations",
        "_reading",
        "executor",
        "facts",
        "reader",
        "services",
        "viewer",
        "websocket",
        "wire",
    )  # fmt: skip

    def __init__(self, websocket: WebSocket, executor: Executor, services: Services) -> None:
        self.websocket = websocket
        self.executor = executor
        self.services = services
        self.viewer: Viewer | None = None
        self.facts: RequestFacts | None = None
        self.reader: Reader | None = None
        self.wire: Wire = wire_of(websocket)
        self._operations: dict[str, asyncio.Task[None] | Subscription] = {}
        self._closing: Closing | None = None
        self._reading: asyncio.Task[Any] | None = None
        self._beat: asyncio.TimerHandle | None = None

    async def serve(self) -> None:
        """Until the client or we close it."""
        if SUBPROTOCOL not in self.websocket.scope.get("subprotocols", ()):
            await self.websocket.accept()
            await self.websocket.close(NO_SUBPROTOCOL, f"Only {SUBPROTOCOL} is spoken here.")
            return
        await self.websocket.accept(SUBPROTOCOL)
        self._reading = asyncio.current_task()
        try:
            await self._sign_in()
            while True:
                text = await self._received()
                if text != PONG:  # what idle sockets send, and all they send: thousands of them
                    await self._take(read_message(text))
        except Closing as closing:
            self._reading = None
            await self._close(closing)
        except WebSocketDisconnect:
            pass
        except UNAVAILABLE as error:
            log.warning("socket closed, the database is away", reason=type(error).__name__)
            await self._close(AWAY)
        except asyncio.CancelledError:
            self._reading = None
            if self._closing is None:
                raise
            await self._close(self._closing)
        finally:
            await self._leave()

    async def send(self, text: str) -> None:
        """Write a frame once the client takes frames; one that does not read loses its socket, and nobody else waits for it."""
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.wire.ready()
        except TimeoutError:
            metrics.sockets_evicted.inc()
            if asyncio.current_task() is self._reading:
                raise SLOW from None  # nobody stops the reader where it stands: it would be stopped again on its way out
            self._end(SLOW)
            raise WebSocketDisconnect(SLOW_CONSUMER) from None
        if not self.wire.write(self.wire.framed(text.encode())):
            raise WebSocketDisconnect(1006)  # the other side is gone already

    def sink(self, operation_id: str) -> Delivery:
        """Where the answers of a subscription go."""
        return Delivery(self, operation_id)

    def push(self, frame: bytes) -> bool:
        """Write a frame at once, or not at all: then the socket is on its way out."""
        return self._closing is None and (self.wire.offer(frame) or self.refused())

    def refused(self) -> bool:
        """A frame could not be written: the client is gone, or too slow."""
        if self.wire.full:
            metrics.sockets_evicted.inc()
            self._end(SLOW)
        return False

    def ended(self, operation_id: str, error: Exception) -> None:
        """A subscription has been ended by the hub."""
        assert self.facts is not None
        if isinstance(error, Unauthenticated):
            self._end(Closing(FORBIDDEN, ENDED))
        elif is_away(error):
            # Not an `error` message: stock clients take one for the end of the subscription and never ask again.
            self._end(AWAY)
        else:
            self._forget(operation_id)
            known = isinstance(error, RequestError)
            text = refusal(operation_id, error) if known else frame("error", operation_id, [crashed(self.facts.id)])  # type: ignore[arg-type]
            self.push(self.wire.framed(text.encode()))

    async def end_session(self) -> None:
        """The session was revoked, has expired, or its person was disabled."""
        self._end(Closing(FORBIDDEN, ENDED))

    def begin_anew(self) -> None:
        """The database was restored under us: cursors have another life now, and clients read everything anew."""
        self._end(Closing(RESTART, "The database was restored."))

    def _end(self, closing: Closing) -> None:
        """Close from outside the reader: it is stopped where it waits."""
        if self._closing is None and self._reading is not None:
            self._closing = closing
            for operation in self._operations.values():
                if isinstance(operation, Subscription):
                    operation.open = False  # nothing is written any more, however long closing takes
            self._reading.cancel()

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
        token = token_of(message.payload or {})
        viewer = None if token is None else await self.services.viewers.enter(token)
        if viewer is None:
            raise Closing(FORBIDDEN, "This token is unknown, expired or revoked. Sign in again.")
        if not self.services.presence.admit(viewer, self):
            raise Closing(OVERLOAD, "This session has too many sockets.")
        client = self.websocket.client
        reference = str(self.websocket.scope.get("state", {}).get("request_id", ""))
        self.facts = RequestFacts(reference, client.host if client else "", self.websocket.headers.get("user-agent"), token)
        self.reader = Reader(viewer, self.facts)
        self.viewer = self.reader.viewer
        self.wire.settle()
        self._beat = asyncio.get_running_loop().call_later(PING_SECONDS, self._ping)
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
                self._forget(message.id)

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
        subscription: Subscription | None = None
        try:
            subscription = await run_operation(self, message.id, message.asked)
        except WebSocketDisconnect:
            return
        except Unauthenticated:
            self._end(Closing(FORBIDDEN, ENDED))
        except UNAVAILABLE as error:
            log.warning("operation interrupted, the database is away", reason=type(error).__name__)
            self._end(AWAY)
        except Exception:
            log.exception("operation crashed")
            with suppress(WebSocketDisconnect):
                await self.send(frame("error", message.id, [crashed(self.facts.id)]))
        finally:
            self._settle(message.id, subscription)

    def _settle(self, operation_id: str, subscription: Subscription | None) -> None:
        """The task of an operation ends: a subscription that began takes its place."""
        current = self._operations.get(operation_id) is asyncio.current_task()
        if current and subscription is not None and subscription.open:
            self._operations[operation_id] = subscription
            return
        if current:
            del self._operations[operation_id]
        if subscription is not None:
            self.services.hub.leave(subscription)

    def _forget(self, operation_id: str) -> None:
        """An operation is over, or is to be."""
        operation = self._operations.pop(operation_id, None)
        if isinstance(operation, Subscription):
            self.services.hub.leave(operation)
        elif operation is not None:
            operation.cancel()

    def _ping(self) -> None:
        """Proxies close what is silent, and a client that hears nothing knows that the line is dead."""
        self._beat = asyncio.get_running_loop().call_later(PING_SECONDS, self._ping)
        if self.wire.stalled() > SEND_SECONDS:
            metrics.sockets_evicted.inc()
            self._end(SLOW)
        else:
            self.push(self.wire.framed(PING))

    async def _close(self, closing: Closing) -> None:
        if self.websocket.application_state is WebSocketState.CONNECTED:
            self.wire.release()
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self.websocket.close(closing.code, closing.reason)

    async def _leave(self) -> None:
        self._reading = None  # from here on nobody may stop us half-way
        if self._beat is not None:
            self._beat.cancel()
        if self.viewer is not None:
            self.services.presence.leave(self.viewer, self)
            self.viewer = None
        running = [operation for operation in self._operations.values() if isinstance(operation, asyncio.Task)]
        for operation_id in list(self._operations):
            self._forget(operation_id)
        await asyncio.gather(*running, return_exceptions=True)
