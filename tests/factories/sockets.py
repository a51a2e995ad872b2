"""A served application and clients on its sockets, speaking graphql-transport-ws as the protocol says.

`office = pytest.fixture(connected)` is an office over real HTTP whose `office.listen(person)` opens a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import orjson
import pytest
import uvicorn
from starlette.applications import Starlette
from tests.conftest import make_settings
from tests.factories.api import Api, Office, cheap_passwords
from tests.servers import Databases, cloned
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from crm.app import create_app
from crm.cli.listening import SERVER
from crm.models import Role
from crm.notify import jobs
from crm.notify.hub import Hub
from crm.notify.subscriptions import Subscription
from crm.services.system.defaults import ADMINISTRATOR
from crm.store.database import Database

SUBPROTOCOL = "graphql-transport-ws"
PATIENCE = 20.0
"""How long a test waits for what must come; long, because the machine may be busy with other things."""
REFUSED_BY = 2.0
"""By then a subscription that was not refused has been taken in."""
SILENCE = 0.25
"""How long a test listens to be sure that nothing comes."""

CALLS = """subscription ($after: String) { incomingCalls(after: $after) { cursor expiresAt call {
  id state direction number { e164 raw display } line ringingAt answeredAt endedAt candidates { id username }
  claimedBy { id username }
  matches { score reason restricted owner { id displayName } party { id name } contact { id name } } } } }"""
ANNOUNCEMENTS = """subscription ($after: String) { announcements(after: $after) { cursor announcement {
  id title body publishedAt mustConfirm } } }"""
REMINDERS = """subscription ($after: String) { reminders(after: $after) { cursor reminder {
  id dueAt channel late event { id title startsAt } } } }"""


class Arrivals:
    """How many subscriptions a server in this process has taken in; the protocol tells a client nothing of that."""

    def __init__(self, hub: Hub) -> None:
        self.done = self.under_way = 0
        self._subscribe = hub.subscribe
        hub.subscribe = self.subscribe  # type: ignore[method-assign]

    async def subscribe(self, *arguments: Any, **named: Any) -> Subscription:
        self.under_way += 1
        try:
            return await self._subscribe(*arguments, **named)
        finally:
            self.under_way -= 1
            self.done += 1

    async def beyond(self, before: int) -> None:
        """Wait until there are more than before, and none that is on its way."""
        while self.done == before or self.under_way:
            await asyncio.sleep(0.005)


class Line:
    """One socket of a client."""

    def __init__(self, connection: ClientConnection, arrivals: Arrivals | None = None) -> None:
        self.connection = connection
        self.arrivals = arrivals
        self.numbers = 0
        self.closed: int | None = None
        self.pinged = 0
        self._waiting: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._others: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    async def send(self, message: Any) -> None:
        """A message as JSON, or a text as it is."""
        await self.connection.send(message if isinstance(message, str | bytes) else orjson.dumps(message).decode())

    async def sign_in(self, token: str) -> None:
        """connection_init, and its ack."""
        await self.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        assert (await self.other())["type"] == "connection_ack"

    async def subscribe(self, query: str, id: str | None = None, **variables: Any) -> Feed:
        """Start an operation."""
        self.numbers += 1
        key = id or f"op{self.numbers}"
        self._waiting[key] = asyncio.Queue()
        await self.send({"type": "subscribe", "id": key, "payload": {"query": query, "variables": variables}})
        return Feed(self, key, self._waiting[key])

    async def listen(self, query: str, after: str | None = None) -> Feed:
        """Start a subscription; returns when the server has it, so that nothing that happens from now on is missed."""
        before = self.arrivals.done if self.arrivals is not None else 0
        feed = await self.subscribe(query, after=after)
        # The server begins in the order of its reading: once it answers this, the subscription above is on its way at least.
        await (await self.subscribe("{ me { id } }")).message()
        if self.arrivals is None:
            await asyncio.sleep(0.05)
        else:
            with suppress(TimeoutError):  # a subscription that is refused at the door never arrives
                await asyncio.wait_for(self.arrivals.beyond(before), REFUSED_BY)
        return feed

    async def other(self) -> dict[str, Any]:
        """The next message that belongs to no operation, pings apart."""
        return await asyncio.wait_for(self._others.get(), PATIENCE)

    async def closes(self, within: float = PATIENCE) -> int:
        """Wait for the end; its code."""
        await asyncio.wait_for(asyncio.shield(self._reader), within)
        assert self.closed is not None
        return self.closed

    async def close(self) -> None:
        await self.connection.close()
        await self._reader

    def cut(self) -> None:
        """As a network does it: without a word."""
        self.connection.transport.abort()

    async def _read(self) -> None:
        try:
            async for text in self.connection:
                message = orjson.loads(text)
                if message["type"] == "ping":
                    self.pinged += 1
                    await self.send({"type": "pong"})
                elif message.get("id") in self._waiting:
                    self._waiting[message["id"]].put_nowait(message)
                else:
                    self._others.put_nowait(message)
        except ConnectionClosed:
            pass
        finally:
            self.closed = self.connection.close_code


@dataclass
class Feed:
    """The messages of one operation."""

    line: Line
    id: str
    queue: asyncio.Queue[dict[str, Any]]
    cursor: str | None = None
    got: list[dict[str, Any]] = field(default_factory=list)

    async def message(self, within: float = PATIENCE) -> dict[str, Any]:
        return await asyncio.wait_for(self.queue.get(), within)

    async def next(self, within: float = PATIENCE) -> Any:
        """The next event, which must come and be without errors."""
        message = await self.message(within)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (event,) = message["payload"]["data"].values()
        self.cursor = event["cursor"]
        self.got.append(event)
        return event

    async def error(self) -> dict[str, Any]:
        """The one error that ends it: `{code, …}`."""
        message = await self.message()
        assert message["type"] == "error", message
        (error,) = message["payload"]
        return dict(error["extensions"])

    async def silent(self, seconds: float = SILENCE) -> bool:
        """Whether nothing comes."""
        with suppress(TimeoutError):
            message = await self.message(seconds)
            raise AssertionError(f"not silent: {message}")
        return True

    async def drain(self, seconds: float = SILENCE) -> list[dict[str, Any]]:
        """Everything until it is silent."""
        events = []
        while True:
            try:
                events.append(await self.next(seconds))
            except TimeoutError:
                return events

    async def complete(self) -> None:
        await self.line.send({"type": "complete", "id": self.id})


class ConnectedOffice(Office):
    """An office whose people can listen."""

    address: str = ""
    arrivals: Arrivals | None = None
    stop: Callable[[], Awaitable[None]]

    @asynccontextmanager
    async def line(self, token: str | None = None, **options: Any) -> AsyncIterator[Line]:
        """A socket, signed in where a token is given."""
        options = {"subprotocols": [SUBPROTOCOL], **options}
        async with connect(self.address.replace("http", "ws", 1) + "/graphql", **options) as connection:
            line = Line(connection, self.arrivals)
            if token is not None:
                await line.sign_in(token)
            try:
                yield line
            finally:
                await line.close()

    @asynccontextmanager
    async def unchanged(self) -> AsyncIterator[None]:
        """As of every office, from when the relay has numbered the events of before: it does so after their commits."""
        await self.numbered()
        async with super().unchanged():
            yield

    @asynccontextmanager
    async def listens(self, person: Api, query: str, after: str | None = None) -> AsyncIterator[Feed]:
        """One person's subscription on a socket of its own."""
        assert person.token is not None
        async with self.line(person.token) as line:
            yield await line.listen(query, after)


@dataclass
class Served:
    """A running server."""

    address: str
    arrivals: Arrivals
    server: uvicorn.Server
    running: asyncio.Task[None]

    async def stop(self) -> None:
        """As a signal does it: in good order."""
        self.server.should_exit = True
        await self.running


@asynccontextmanager
async def served(database: Database, folder: Path, **settings: Any) -> AsyncIterator[Served]:
    """The application with its background work on a port of its own, in this loop.

    But for periodic jobs: what comes by itself would change rows under tests that look at all of them.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "TASKS", tuple(replace(task, every=None) for task in jobs.TASKS))
        async with _served(create_app(make_settings(database, folder, **settings), database)) as found:
            yield found


@asynccontextmanager
async def _served(app: Starlette) -> AsyncIterator[Served]:
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, **SERVER))
    running = asyncio.create_task(server.serve())
    while not server.started:
        assert not running.done(), "the server did not start"
        await asyncio.sleep(0.005)
    port = server.servers[0].sockets[0].getsockname()[1]
    found = Served(f"http://127.0.0.1:{port}", Arrivals(app.state.services.hub), server, running)
    try:
        yield found
    finally:
        await found.stop()


@asynccontextmanager
async def connected_office(database: Database, folder: Path, **settings: Any) -> AsyncIterator[ConnectedOffice]:
    """A served office with its first administrator."""
    cheap_passwords()
    async with served(database, folder, **settings) as found, httpx.AsyncClient(base_url=found.address) as client:
        office = ConnectedOffice(client, database)
        office.address, office.arrivals, office.stop = found.address, found.arrivals, found.stop
        role = await Role.get(name=ADMINISTRATOR)
        office.admin = await office.hire("admin", display_name="管理员", role_ids=[str(role.id)])
        yield office


HOOKS = {"pbx": "a secret of the switchboard"}


async def connected(database: Database, tmp_path: Path) -> AsyncIterator[ConnectedOffice]:
    """Fixture: a served office of the test's own."""
    async with connected_office(database, tmp_path, hook_secrets=HOOKS) as office:
        yield office


async def kept_connected(databases: Databases) -> AsyncIterator[ConnectedOffice]:
    """Fixture of a whole file: a served office whose tests do not get into each other's way."""
    with TemporaryDirectory() as folder:
        async with cloned(databases) as database, connected_office(database, Path(folder), hook_secrets=HOOKS) as office:
            yield office
