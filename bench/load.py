"""The load: keep-alive connections that each send the next request as soon as they have the last answer.

Raw sockets and a parser in C, so that the client leaves the processors to what is measured. Each answer is checked: an error is
an exception, never a fast answer.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import httptools

OK = 200
ANSWER_SECONDS = 60


class WrongAnswer(Exception):
    """A server answered with an error, or with something else than it did before. Nothing it says counts."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request, ready to be sent; `name` is for messages."""

    name: str
    data: bytes


def ask(address: str, path: str, body: Mapping[str, Any], token: str | None, name: str) -> Ask:
    """A POST of JSON."""
    content = json.dumps(body, separators=(",", ":")).encode()
    lines = [f"POST {path} HTTP/1.1", f"Host: {urlsplit(address).netloc}", "Content-Type: application/json"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    lines += ["Accept: application/json", f"Content-Length: {len(content)}", "", ""]
    return Ask(name, "\r\n".join(lines).encode() + content)


@dataclass
class Load:
    """What came of one load: how long each answer took, in seconds, and how many bytes all of them had."""

    seconds: list[float] = field(default_factory=list)
    size: int = 0


class Connection(asyncio.Protocol):
    """One keep-alive connection; a request and its answer at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self._parts: list[bytes] = []
        self._answer: asyncio.Future[bytes] | None = None

    async def send(self, request: Ask) -> bytes:
        """The body of the answer; anything but a 200 is an exception."""
        self._answer = asyncio.get_running_loop().create_future()
        self._parts.clear()
        self._parser = httptools.HttpResponseParser(self)
        self.transport.write(request.data)
        body = await asyncio.wait_for(self._answer, ANSWER_SECONDS)
        if self._parser.get_status_code() != OK:
            raise WrongAnswer(f"{request.name}: status {self._parser.get_status_code()}: {body[:300]!r}")
        return body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server closed the connection"))

    def on_body(self, body: bytes) -> None:
        self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_result(b"".join(self._parts))


async def connect(address: str) -> Connection:
    """A connection of one's own."""
    parts = urlsplit(address)
    _, made = await asyncio.get_running_loop().create_connection(Connection, parts.hostname, parts.port)
    return made


def data_of(request: Ask, body: bytes) -> dict[str, Any]:
    """The data of a GraphQL answer; an answer with errors, or whose root is null, is an exception."""
    try:
        answer = json.loads(body)
    except ValueError:
        raise WrongAnswer(f"{request.name}: no JSON: {body[:300]!r}") from None
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, dict) or "errors" in answer or None in data.values():
        raise WrongAnswer(f"{request.name}: {body[:500]!r}")
    return data


async def answers(address: str, asks: Sequence[Ask]) -> list[bytes]:
    """The bodies of all answers, one request after the other, each looked into."""
    connection = await connect(address)
    try:
        found = []
        for request in asks:
            body = await connection.send(request)
            data_of(request, body)
            found.append(body)
        return found
    finally:
        connection.transport.close()


async def press(address: str, asks: Sequence[Ask], sizes: Sequence[int], *, seconds: float, concurrency: int) -> Load:
    """Keep `concurrency` requests under way for `seconds`, going round `asks`; those under way at the end are waited for.

    `sizes` are the lengths of the answers as they were when they were looked into: another length is another answer.
    """
    load = Load()
    turn = itertools.cycle(zip(asks, sizes, strict=True))
    end = time.perf_counter() + seconds
    connections = [await connect(address) for _ in range(concurrency)]
    try:
        async with asyncio.TaskGroup() as group:
            for connection in connections:
                group.create_task(_keep_asking(connection, turn, load, end))
    except ExceptionGroup as group_of_errors:
        raise group_of_errors.exceptions[0] from None
    finally:
        for connection in connections:
            connection.transport.close()
    return load


async def _keep_asking(connection: Connection, turn: Iterator[tuple[Ask, int]], load: Load, end: float) -> None:
    while (begun := time.perf_counter()) < end:
        request, size = next(turn)
        body = await connection.send(request)
        load.seconds.append(time.perf_counter() - begun)
        load.size += len(body)
        if len(body) != size:
            data_of(request, body)
            raise WrongAnswer(f"{request.name}: {len(body)} bytes where there were {size} before")
