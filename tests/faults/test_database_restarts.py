"""PostgreSQL stopped and started under load, in good order and with no warning: refused in time, back soon, nothing lost.

With CRM_SOAK=1 twenty restarts, else two.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.factories.api import Office, staffed
from tests.servers import SECRET_KEY, Serving

from crm.store.database import open_database
from crm.store.embedded import EmbeddedServer

RESTARTS = 20 if os.environ.get("CRM_SOAK") else 2
WRITERS, READERS = 6, 6
BACK_SECONDS = 5.0
LONGEST_ANSWER = 10.0
"""Three seconds for a connection are ours; the rest is for a machine that does other things too."""
ADD = "mutation ($name: String!) { tagCreate(input: {name: $name}, idempotencyKey: $name) { tag { id } userErrors { code } } }"
READ = "{ me { id } customers(first: 5) { nodes { id contacts { nodes { id } } } } }"
ALLOWED = {(kind, *answer) for kind in ("read", "write") for answer in ((200, ""), (503, "UNAVAILABLE"))}
ALLOWED.add(("write", 200, "UNAVAILABLE"))


@dataclass
class Load:
    """What many clients ask at once, and what they were told."""

    client: httpx.AsyncClient
    token: str
    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[tuple[str, int, str]] = field(default_factory=Counter)
    slowest: float = 0.0
    good: float = 0.0
    """When the last good answer came."""
    ending: bool = False

    async def write(self, writer: int) -> None:
        """Names, one after another, each asked for until it is acknowledged."""
        number = 0
        while not self.ending:
            name = f"t{writer}-{number}"
            body = await self.ask(ADD, name=name)
            # Done is done, also where the database went away before the payload was read back.
            if body is not None and body["data"]["tagCreate"]["userErrors"] == []:
                self.acknowledged.add(name)
                number += 1

    async def read(self) -> None:
        while not self.ending:
            await self.ask(READ)

    async def ask(self, query: str, **variables: str) -> dict | None:
        """The body of a good answer; a refusal is counted, and then the client waits a moment, as it is told to."""
        began = time.monotonic()
        answer = await self.client.post(
            "/graphql", json={"query": query, "variables": variables}, headers={"Authorization": f"Bearer {self.token}"}
        )
        now = time.monotonic()
        self.slowest = max(self.slowest, now - began)
        body = answer.json()
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        kind = "read" if query == READ else "write"
        self.answers[(kind, answer.status_code, ",".join(sorted(codes)))] += 1
        if answer.status_code == 200:
            self.good = self.good if codes else now
            return dict(body)
        if answer.status_code == 503:
            assert answer.headers["retry-after"] == "1"
        await asyncio.sleep(0.05)
        return None


@pytest.fixture
def server(migrated_folder: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL of the test's own, migrated, in a folder whose name is short enough for its socket to stay in place."""
    home = Path(tempfile.mkdtemp(prefix="crm-restart-"))
    shutil.copytree(migrated_folder, home / "d")
    server = EmbeddedServer(home / "d", {"fsync": "off"})
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def served(server: EmbeddedServer, serving: Callable[..., Serving]) -> AsyncIterator[tuple[Serving, Load]]:
    async with open_database(server.url, max_size=2) as database, httpx.AsyncClient() as nobody:
        office: Office = await staffed(nobody, database)
    process = serving("serve", "--port", "0", CRM_DATABASE_URL=server.url, CRM_SECRET_KEY=SECRET_KEY)
    address = await asyncio.to_thread(process.address)
    async with httpx.AsyncClient(base_url=address, timeout=30) as client:
        yield process, Load(client, str(office.admin.token))


def restart(server: EmbeddedServer, sign: int, away: float) -> float:
    """Stop it, let it be away for a while, start it; when it was ready again."""
    process = server._process
    assert process is not None
    process.send_signal(sign)
    process.wait(30)
    server.stop()
    time.sleep(away)
    server.start()
    return time.monotonic()


async def test_restarts_lose_nothing_and_are_over_soon(server, served, record_property):
    process, load = served
    clients = [asyncio.create_task(load.write(number)) for number in range(WRITERS)]
    clients += [asyncio.create_task(load.read()) for _ in range(READERS)]
    back: list[float] = []
    for number in range(RESTARTS):
        await asyncio.sleep(1)
        sign = signal.SIGINT if number % 2 == 0 else signal.SIGQUIT
        ready = await asyncio.to_thread(restart, server, sign, 0.5 if number % 2 == 0 else 0.0)
        async with asyncio.timeout(BACK_SECONDS):
            while load.good < ready:
                await asyncio.sleep(0.01)
        back.append(load.good - ready)
        assert not any(task.done() for task in clients), [task.exception() for task in clients if task.done()]
    await asyncio.sleep(1)
    load.ending = True
    await asyncio.gather(*clients)
    record_property("restarts, slowest to be back, slowest answer", (RESTARTS, round(max(back), 2), round(load.slowest, 2)))
    record_property("answers", dict(load.answers))
    assert set(load.answers) - ALLOWED == set(), load.answers
    assert load.answers[("write", 503, "UNAVAILABLE")] > 0
    assert load.slowest < LONGEST_ANSWER
    connection = await asyncpg.connect(server.url)
    stored = [row["name"] for row in await connection.fetch("SELECT name FROM tag WHERE name LIKE 't%-%'")]
    await connection.close()
    assert len(stored) == len(set(stored))
    assert load.acknowledged <= set(stored)
    assert len(load.acknowledged) > RESTARTS * WRITERS
    assert (await load.client.get("/readyz")).status_code == 200
    assert process.complaints == []
