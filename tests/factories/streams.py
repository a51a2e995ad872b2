"""Clients of server-sent events: the stream as its lines say, and a plain connection for who misbehaves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from tests.factories.api import Office
from tests.factories.sockets import PATIENCE, SILENCE

from crm import metrics

ACCEPT = "text/event-stream"
CURSORS = "subscription ($after: String) { announcements(after: $after) { cursor } }"


@dataclass
class Event:
    """One event of a stream, read by the rules of the specification of HTML."""

    event: str
    data: Any
    id: str | None = None


class Ended(Exception):
    """There is no more."""


class Listening:
    """The events of one stream, as they come."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.comments = 0
        self.retry: int | None = None
        self.last_id: str | None = None
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self.reading = asyncio.create_task(self._read())

    async def event(self, within: float = PATIENCE) -> Event:
        """The next event; raises `Ended` where the stream was ended."""
        found = await asyncio.wait_for(self._queue.get(), within)
        if found is None:
            self._queue.put_nowait(None)
            raise Ended
        return found

    async def next(self, within: float = PATIENCE) -> Any:
        """The next push, which must be without errors and carry its cursor as its id."""
        found = await self.event(within)
        assert found.event == "next", found
        assert "errors" not in found.data, found
        (push,) = found.data["data"].values()
        assert found.id == push["cursor"]
        return push

    async def refusal(self) -> dict[str, Any]:
        """The one error that ends it: `{code, …}`; then `complete`, and nothing more."""
        found = await self.event()
        (error,) = found.data["errors"]
        assert (found.event, found.data.keys()) == ("next", {"errors"})
        assert (await self.event()).event == "complete"
        assert await self.ends() == []
        return dict(error["extensions"])

    async def silent(self, seconds: float = SILENCE) -> bool:
        """Whether nothing comes."""
        try:
            found = await self.event(seconds)
        except TimeoutError:
            return True
        raise AssertionError(f"not silent: {found}")

    async def ends(self, within: float = PATIENCE) -> list[Event]:
        """Wait for the end; what came before it."""
        rest = []
        try:
            while True:
                rest.append(await self.event(within))
        except Ended:
            return rest

    async def _read(self) -> None:
        kind, data = "", []
        try:
            async for line in self.response.aiter_lines():
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                match name:
                    case "" if line:
                        self.comments += 1
                    case "event":
                        kind = value
                    case "data":
                        data.append(value)
                    case "id":
                        self.last_id = value
                    case "retry":
                        self.retry = int(value)
                    case "" if kind or data:
                        body = "\n".join(data)
                        self._queue.put_nowait(Event(kind, orjson.loads(body) if body else None, self.last_id))
                        kind, data = "", []
        except httpx.TransportError:
            pass  # cut off: the end as well
        finally:
            self._queue.put_nowait(None)


@asynccontextmanager
async def asked(
    client: httpx.AsyncClient, token: str | None, query: str, *, headers: dict[str, str] | None = None, **variables: Any
) -> AsyncIterator[httpx.Response]:
    """A request that would be answered by an event stream, as npm `graphql-sse` sends it; the body is not read yet."""
    told = {"Accept": ACCEPT, "Content-Type": "application/json; charset=utf-8"} | (headers or {})
    if token is not None:
        told["Authorization"] = f"Bearer {token}"
    body = {"query": query, "variables": variables}
    async with client.stream("POST", "/graphql", json=body, headers=told, timeout=None) as response:
        yield response


@asynccontextmanager
async def listening(client: httpx.AsyncClient, token: str | None, query: str, **options: Any) -> AsyncIterator[Listening]:
    """A stream that is open."""
    async with asked(client, token, query, **options) as response:
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"] == f"{ACCEPT}; charset=utf-8"
        listener = Listening(response)
        try:
            yield listener
        finally:
            listener.reading.cancel()
            await asyncio.gather(listener.reading, return_exceptions=True)


class Plain:
    """A connection that asks for a stream and then does as it likes."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert parts.hostname
        assert parts.port
        self.host, self.port = parts.hostname, parts.port
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)

    async def ask(self, token: str, query: str) -> None:
        """Send the request; read nothing."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, (self.host, self.port))
        await loop.sock_sendall(self.socket, request(f"{self.host}:{self.port}", token, query))

    async def part(self) -> bytes:
        """What has come; empty where it is over."""
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 65536), PATIENCE)
        except ConnectionError:
            return b""

    def close(self) -> None:
        self.socket.close()


def request(host: str, token: str, query: str) -> bytes:
    """The bytes of a request for a stream."""
    body = orjson.dumps({"query": query})
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: {ACCEPT}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def publish(office: Office, title: str, size: int = 1) -> None:
    given = {"title": title, "body": "x" * size, "audience": {"everyone": True}}
    await office.admin.do("announcementPublish", "announcement { id }", input=given)


def open_streams() -> float:
    return float(metrics.sockets._value.get())


async def until(holds: Any) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.01)


async def heard(listener: Listening) -> None:
    """Until the server has taken it in: the head of the answer is sent after that."""
    await until(lambda: listener.retry is not None)
