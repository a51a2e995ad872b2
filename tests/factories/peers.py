"""A peer on a WebSocket that sends what it likes, byte by byte, and sees every frame that comes back.

Libraries for WebSockets do not let one break their protocol; this one knows no rules but how a frame is written.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import orjson
from tests.factories.sockets import PATIENCE, SILENCE, SUBPROTOCOL

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
TORN = 1006
"""No code: the connection ended without a word."""


class Ended(Exception):
    """The socket is over; `code` says how."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def frame(
    opcode: int, data: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True, told: int | None = None
) -> bytes:
    """One frame; `told` is a length other than the true one."""
    length = len(data) if told is None else told
    first = (0x80 if fin else 0) | reserved << 4 | opcode
    bit = 0x80 if masked else 0
    if length < 126:
        head = bytes([first, bit | length])
    elif length < 2**16:
        head = struct.pack("!BBH", first, bit | 126, length)
    else:
        head = struct.pack("!BBQ", first, bit | 127, length)
    if not masked:
        return head + data
    key = os.urandom(4)
    keys = (key * (len(data) // 4 + 1))[: len(data)]
    mixed = int.from_bytes(data, "big") ^ int.from_bytes(keys, "big")
    return head + key + mixed.to_bytes(len(data), "big")


def text(message: Any) -> bytes:
    """A text frame with a message as JSON, or with a text as it is."""
    return frame(TEXT, message.encode("utf-8", "surrogatepass") if isinstance(message, str) else orjson.dumps(message))


def init(token: str | None) -> dict[str, Any]:
    """A connection_init."""
    return {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}


def subscribe(query: str, id: str = "1", **variables: Any) -> dict[str, Any]:
    """A subscribe."""
    return {"type": "subscribe", "id": id, "payload": {"query": query, "variables": variables}}


class Peer:
    """One connection after its handshake; where that was refused, `status` says how."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, headers: Mapping[str, str]
    ) -> None:
        self.reader, self.writer = reader, writer
        self.status, self.headers = status, headers
        self.pongs: list[bytes] = []
        self._part = b""

    async def send(self, *frames: bytes) -> None:
        """Send bytes, in one piece."""
        self.writer.write(b"".join(frames))
        with suppress(ConnectionError):
            await self.writer.drain()

    async def say(self, *messages: Any) -> None:
        """Send messages, each in a text frame, all in one piece."""
        await self.send(*(text(message) for message in messages))

    async def sign_in(self, token: str | None) -> None:
        await self.say(init(token))
        assert (await self.hear())["type"] == "connection_ack"

    async def frame(self, within: float = PATIENCE) -> tuple[int, bytes]:
        """The next frame; raises `Ended` where there is none."""
        try:
            return await asyncio.wait_for(self._frame(), within)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise Ended(TORN) from None

    async def hear(self, within: float = PATIENCE) -> dict[str, Any]:
        """The next message but for pings of the protocol, which are answered; raises `Ended` at the end."""
        while True:
            opcode, data = await self.frame(within)
            if opcode == PING:
                await self.send(frame(PONG, data))
            elif opcode == PONG:
                self.pongs.append(data)
            elif opcode == CLOSE:
                raise Ended(struct.unpack("!H", data[:2])[0] if data else 1005)
            else:
                assert opcode == TEXT, opcode
                message = orjson.loads(data)
                if message["type"] == "ping":
                    await self.say({"type": "pong"})
                else:
                    assert isinstance(message, dict)
                    return message

    async def ends(self, within: float = PATIENCE) -> int:
        """The code at the end; what comes before it is let go."""
        try:
            async with asyncio.timeout(within):
                while True:
                    await self.hear(within)
        except Ended as ended:
            return ended.code

    async def silent(self, seconds: float = SILENCE) -> bool:
        """Whether no message comes."""
        with suppress(TimeoutError):
            raise AssertionError(f"not silent: {await self.hear(seconds)}")
        return True

    async def lives(self) -> bool:
        """Whether it answers; messages that are on their way are let go."""
        mark = base64.b64encode(os.urandom(6)).decode()
        await self.say({"type": "ping", "payload": {"mark": mark}})
        while (await self.hear()).get("payload") != {"mark": mark}:
            pass
        return True

    async def answer(self, query: str, id: str = "q", **variables: Any) -> dict[str, Any]:
        """The payload of the one answer to a query."""
        await self.say(subscribe(query, id, **variables))
        found = await self.hear()
        assert (found["type"], found["id"]) == ("next", id), found
        assert await self.hear() == {"type": "complete", "id": id}
        return dict(found["payload"])

    def vanish(self) -> None:
        """As a machine that loses its power: a reset, no close frame."""
        self.writer.transport.abort()

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        assert not second & 0x80, "a server does not mask"
        assert first & 0x80, "this server sends whole messages"
        assert not first & 0x70, "no extension was agreed on"
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
        return first & 0x0F, await self.reader.readexactly(length)


@asynccontextmanager
async def peer(
    address: str, token: str | None = None, *, protocols: str | None = SUBPROTOCOL, path: str = "/graphql", **headers: str
) -> AsyncIterator[Peer]:
    """A connection; signed in where a token is given. A header given as an empty text is left out."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    given = {
        "Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }  # fmt: skip
    if protocols is not None:
        given["Sec-WebSocket-Protocol"] = protocols
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items() if value), "", ""]
    try:
        writer.write("\r\n".join(lines).encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)).decode().split("\r\n")
        told = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name}
        found = Peer(reader, writer, int(head[0].split()[1]), told)
        if token is not None:
            await found.sign_in(token)
        yield found
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()
