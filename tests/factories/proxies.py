"""A proxy in front of a server, whose lines can be cut and whose server can be another one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit


class Proxy:
    """Hands on bytes, both ways."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.address = ""
        self.connections = 0
        self._lines: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """As a network does it: every line is reset, without a word."""
        for line in list(self._lines):
            line.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        parts = urlsplit(self.target)
        self._lines.add(writer)
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection(parts.hostname, parts.port)
            self._lines.add(there_writer)
            self.connections += 1
            await asyncio.gather(self._pump(reader, there_writer), self._pump(there_reader, writer))
            self._lines.discard(there_writer)
        writer.transport.abort()
        self._lines.discard(writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def proxied(target: str) -> AsyncIterator[Proxy]:
    """A proxy in front of a server."""
    proxy = Proxy(target)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    proxy.address = f"http://{host}:{port}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()
        await asyncio.sleep(0.05)
