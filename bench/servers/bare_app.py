"""The floor: our WebSocket stack without GraphQL. Sockets are acknowledged, and a frame that was built once is written to each.

No rights, no database, no cursors of anybody's own: all sockets use the same ids of operations, so that one frame fits all.
"""

from __future__ import annotations

import asyncio
import json
import struct
import sys
from collections.abc import Callable
from typing import Any, ClassVar

import uvicorn
import uvloop

from crm.cli.listening import SERVER, listen
from crm.endpoints.sockets.messages import SUBPROTOCOL
from crm.endpoints.sockets.protocol import WebSocketProtocol

Write = Callable[[bytes], None]
FIELDS = ("announcements", "incomingCalls")

listening: dict[str, dict[Any, tuple[str, Write]]] = {name: {} for name in FIELDS}
"""Field → client → what it calls the operation, and how its bytes are written."""


class Known(WebSocketProtocol):
    """Found again by the address of its client."""

    open: ClassVar[dict[Any, Known]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.open[tuple(self.client or ())] = self

    def connection_lost(self, exc: Exception | None) -> None:
        client = tuple(self.client or ())
        self.open.pop(client, None)
        for sockets in listening.values():
            sockets.pop(client, None)
        super().connection_lost(exc)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """As much of the protocol as the client needs."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        client = tuple(scope["client"])
        while (message := await receive())["type"] == "websocket.receive":
            said = json.loads(message["text"])
            if said["type"] == "connection_init":
                await send({"type": "websocket.send", "text": '{"type":"connection_ack"}'})
            elif said["type"] == "subscribe" and said["id"] == "ready":
                await send({"type": "websocket.send", "text": '{"id":"ready","type":"complete"}'})
            elif said["type"] == "subscribe":
                field = next(name for name in FIELDS if name in said["payload"]["query"])
                listening[field][client] = said["id"], Known.open[client].transport.write


def publish(topic: str, value: dict[str, Any], number: int) -> None:
    """One frame, written to everybody."""
    frames: dict[str, bytes] = {}
    payload = json.dumps({"data": {topic: {"cursor": f"{number:023d}", **value}}}, ensure_ascii=False, separators=(",", ":"))
    for operation, write in list(listening[topic].values()):
        if operation not in frames:
            frames[operation] = text_frame(f'{{"id":"{operation}","type":"next","payload":{payload}}}'.encode())
        write(frames[operation])


def text_frame(payload: bytes) -> bytes:
    length = len(payload)
    return (struct.pack(">BB", 0x81, length) if length < 126 else struct.pack(">BBH", 0x81, 126, length)) + payload


async def control(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Lines of JSON: topic and value."""
    number = 0
    while line := await reader.readline():
        told = json.loads(line)
        number += 1
        publish(told["topic"], told["value"], number)


async def serve(path: str) -> None:
    """Until told to end."""
    async with await asyncio.start_unix_server(control, path, limit=1 << 24):
        await served()


async def served() -> None:
    with listen("127.0.0.1", 0) as sockets:
        server = uvicorn.Server(uvicorn.Config(application, **{**SERVER, "ws": Known}))
        print(f"http://127.0.0.1:{sockets[0].getsockname()[1]}", flush=True)
        await server.serve(sockets=sockets)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
