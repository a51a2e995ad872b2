"""A whole system: serving processes and a worker over one database and one Redis, each of which may be killed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from tests.customers.calling import Switchboard
from tests.factories.sockets import ConnectedOffice
from tests.notify.processes import own_epoch
from tests.servers import SECRET_KEY, Serving, ValkeyServer

from crm.core.stream_cursors import StreamCursor
from crm.store.database import Database

HOOKS = '{"pbx": "a secret of the switchboard"}'


@dataclass
class System:
    """Its processes live as long as the test does."""

    database: Database
    redis_url: str
    start: Callable[..., Serving]
    epoch: int
    processes: list[Serving] = field(default_factory=list)

    def web(self, *words: str, port: int = 0) -> Serving:
        """Start a process that serves."""
        return self._start("serve", "--port", str(port), *words)

    def worker(self) -> Serving:
        """Start a `crm worker`."""
        return self._start("worker")

    @asynccontextmanager
    async def at(self, address: str) -> AsyncIterator[ConnectedOffice]:
        """The office as it is reached at one process."""
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            there = ConnectedOffice(client, self.database)
            there.address = address
            yield there

    @property
    def beginning(self) -> str:
        """The cursor of `incomingCalls` before everything."""
        return str(StreamCursor(self.epoch, 1, 0))

    @property
    def complaints(self) -> list[str]:
        """What any of them has logged as an error."""
        return [line for process in self.processes for line in process.complaints]

    def _start(self, *words: str) -> Serving:
        process = self.start(
            *words, CRM_DATABASE_URL=self.database.url, CRM_SECRET_KEY=SECRET_KEY, CRM_REDIS_URL=self.redis_url,
            CRM_HOOK_SECRETS=HOOKS,
        )  # fmt: skip
        self.processes.append(process)
        return process


async def system_over(database: Database, redis: ValkeyServer | str, start: Callable[..., Serving]) -> System:
    """A system without processes yet."""
    return System(database, redis if isinstance(redis, str) else redis.url, start, await own_epoch(database))


async def address_of(process: Serving) -> str:
    """Where it serves, once it does."""
    return await asyncio.to_thread(process.address)


async def figures(address: str, name: str) -> list[float]:
    """What `/metrics` shows of one name, with each set of labels."""
    async with httpx.AsyncClient(base_url=address) as client:
        lines = (await client.get("/metrics")).text.splitlines()
    return [float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))]


async def leads(address: str) -> bool:
    """Whether this process gives the numbers."""
    return sum(await figures(address, "crm_relay_leads")) == 1


def kill(process: Serving) -> None:
    """With no warning."""
    process.process.send_signal(signal.SIGKILL)
    process.process.wait(30)


def switchboard(client: httpx.AsyncClient, like: Switchboard) -> Switchboard:
    """The same switchboard, which now tells this process."""
    other = Switchboard(client)
    other.numbers, other.begin = like.numbers, like.begin
    return other
