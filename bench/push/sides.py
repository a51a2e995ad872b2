"""The sides of a comparison: a server, its client with all sockets, and how something is published there."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import asyncpg

from bench.processes import fine_seconds
from bench.push import company
from bench.push.contents import Agent, Item
from bench.push.questions import BOTH
from bench.push.remote import Remote, client
from bench.servers import bare, graphql_ws, ours_pushing
from bench.servers.process import Process

QUIET_SHARE, QUIET_SECONDS, QUIET_WITHIN = 0.25, 1.0, 180.0
"""A server is ready when it has taken less than this part of a processor for so long: nobody says when a subscription began."""


class Publisher(Protocol):
    """How a side is told to push."""

    async def prepare(self, items: Sequence[Item], /) -> None:
        """What has to be there before anything is pushed."""

    async def publish(self, item: Item) -> float:
        """Push it; when that was."""


@dataclass
class Side:
    """`name` is what the tables call it; `roots` are the processes whose time is its cost, `database` that of PostgreSQL."""

    name: str
    process: Process
    roots: Sequence[int]
    database: Sequence[int]
    client: Remote
    publisher: Publisher
    agents: Sequence[Agent]
    idle: tuple[float, float] = (0.0, 0.0)
    """Processor seconds of server and database in a second in which nothing happens."""

    async def grow(self, sockets: int) -> None:
        """Open sockets until there are so many, and wait until the server has taken all subscriptions in."""
        if (more := self.agents[self.client.sockets : sockets]) and self.client.sockets < sockets:
            await self.client.open(self.process.address, [agent.token for agent in more])
            await self.quiet()

    async def quiet(self) -> None:
        end = time.monotonic() + QUIET_WITHIN
        while time.monotonic() < end:
            before = fine_seconds(self.roots)
            await asyncio.sleep(QUIET_SECONDS)
            if (fine_seconds(self.roots) - before) / QUIET_SECONDS < QUIET_SHARE:
                return
        raise TimeoutError(f"{self.name} is still busy {QUIET_WITHIN:.0f} s after its sockets were opened")

    async def rest(self, seconds: float) -> None:
        """Look how much it costs that the sockets are there."""
        before = self.spent()
        await asyncio.sleep(seconds)
        server, database = (after - earlier for after, earlier in zip(self.spent(), before, strict=True))
        self.idle = server / seconds, database / seconds

    def spent(self) -> tuple[float, float]:
        """Processor seconds so far: server, PostgreSQL."""
        return fine_seconds(self.roots), fine_seconds(self.database) if self.database else 0.0

    @property
    def present(self) -> Sequence[Agent]:
        """Those who have a socket."""
        return self.agents[: self.client.sockets]


class Outbox:
    """Ours: rows in the outbox. The rights are in the records, and each push is asked of them."""

    def __init__(self, connection: asyncpg.Connection, process: Process) -> None:
        self.connection, self.process = connection, process

    async def prepare(self, items: Sequence[Item]) -> None:
        await company.write(self.connection, items)

    async def publish(self, item: Item) -> float:
        await company.tell(self.connection, item)
        at = time.monotonic()
        ours_pushing.ring(self.process)
        return at


class Control:
    """The peers: lines on a socket of theirs, with the content in them. They have no database and no rights."""

    def __init__(self, writer: asyncio.StreamWriter, reader: asyncio.StreamReader) -> None:
        self.writer, self.reader = writer, reader

    async def prepare(self, _: Sequence[Item]) -> None:
        """It takes what it is told."""

    async def publish(self, item: Item) -> float:
        to = item.agents[0].token if len(item.agents) == 1 else None
        line = json.dumps({"topic": item.field, "to": to, "value": item.content}, ensure_ascii=False)
        at = time.monotonic()
        self.writer.write(line.encode() + b"\n")
        return at

    async def collect(self) -> None:
        """Let it throw away what it no longer needs."""
        self.writer.write(b'{"gc":true}\n')
        await self.reader.readline()


@asynccontextmanager
async def ours(
    url: str,
    postmaster: int,
    agents: Sequence[Agent],
    fields: Sequence[str] = BOTH,
    name: str = "ours",
    workers: int = ours_pushing.WORKERS,
) -> AsyncIterator[Side]:
    """Over this database, in which these people are."""
    connection = await asyncpg.connect(url)
    try:
        with ours_pushing.serve(url, workers=workers) as (process, roots):
            async with client(name, fields) as remote:
                yield Side(name, process, roots, [postmaster], remote, Outbox(connection, process), agents)
    finally:
        await connection.close()


@asynccontextmanager
async def peer(agents: Sequence[Agent]) -> AsyncIterator[Side]:
    """Node with graphql-ws and ws."""
    async with _controlled(graphql_ws.NAME, graphql_ws.serve, agents, shared_ids=False) as side:
        yield side


@asynccontextmanager
async def floor(agents: Sequence[Agent]) -> AsyncIterator[Side]:
    """Bare sockets."""
    async with _controlled(bare.NAME, bare.serve, agents, shared_ids=True) as side:
        yield side


@asynccontextmanager
async def _controlled(
    name: str, serve: Callable[[Path], Process], agents: Sequence[Agent], *, shared_ids: bool
) -> AsyncIterator[Side]:
    """A server that is told what to publish on a socket in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="crm-bench-") as folder:
        path = Path(folder) / "control"
        with serve(path) as process:
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                async with client(name, BOTH, shared_ids=shared_ids) as remote:
                    yield Side(name, process, [process.pid], [], remote, Control(writer, reader), agents)
            finally:
                writer.close()
                await writer.wait_closed()
