"""Two server processes over one database and one Valkey, and a hotline whose agents are connected to either."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import httpx
from tests.customers.calling import SETTINGS, Hotline
from tests.factories.api import Api, staffed
from tests.factories.sockets import ConnectedOffice
from tests.notify.processes import own_epoch
from tests.servers import SECRET_KEY, Databases, Serving, cloned

from crm.store.database import Database

SOON = 8.0
"""By then what is known in one process is known in the other; long, because the machine may be busy."""


@dataclass
class Branch:
    """One server process, and how people reach it."""

    process: Serving
    office: ConnectedOffice

    def person(self, who: Api) -> Api:
        """Somebody's requests, to this process."""
        return Api(self.office.client, who.token, who.id, who.username)

    async def states(self, who: Api) -> dict[str, str]:
        found = await self.person(who).ask("agents", "user { username } state")
        return {each["user"]["username"]: each["state"] for each in found}

    async def finds(self, who: Api, within: float = SOON, **wanted: str) -> float:
        """Wait until the agents are found so; the seconds it took."""
        began = monotonic()
        while (found := await self.states(who)) != wanted:
            assert monotonic() - began < within, found
            await asyncio.sleep(0.05)
        return monotonic() - began


@dataclass
class Town:
    """A hotline, and the processes its agents are connected to."""

    hotline: Hotline
    branches: list[Branch]


@asynccontextmanager
async def branches_over(database: Database, valkey: str, folder: Path) -> AsyncIterator[list[Branch]]:
    """Two processes."""
    await own_epoch(database)  # clones share one, and a Redis tells systems apart by it
    given = {
        "CRM_DATABASE_URL": database.url,
        "CRM_SECRET_KEY": SECRET_KEY,
        "CRM_REDIS_URL": valkey,
        "CRM_HOOK_SECRETS": json.dumps(SETTINGS["hook_secrets"]),
    }
    processes = [Serving("serve", "--port", "0", cwd=folder, **given) for _ in range(2)]
    try:
        async with AsyncExitStack() as stack:
            found = []
            for process in processes:
                client = await stack.enter_async_context(httpx.AsyncClient(base_url=process.address()))
                office = ConnectedOffice(client, database)
                office.address = process.address()
                found.append(Branch(process, office))
            yield found
        assert [process.complaints for process in processes] == [[], []]
    finally:
        for process in processes:
            process.close()


@asynccontextmanager
async def town_over(databases: Databases, valkey: str, folder: Path) -> AsyncIterator[Town]:
    async with cloned(databases) as database, branches_over(database, valkey, folder) as branches:
        hotline = await Hotline(await staffed(branches[0].office.client, database)).staffed()
        yield Town(hotline, branches)
