"""A server that is killed with no warning, again and again, while calls come in and clients listen.

Whatever the webhook acknowledged is stored; whatever was stored is told to every client exactly once, in order. With
CRM_SOAK=1 two hundred kills, else a tenth of it.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from tests.customers.calling import Hotline, Switchboard
from tests.factories.api import Office, staffed
from tests.factories.sockets import ConnectedOffice, Line
from tests.servers import SECRET_KEY, Serving

from crm.core.stream_cursors import read_stream_cursor

KILLS = 200 if os.environ.get("CRM_SOAK") else 10
LISTENERS = 3
WATCHED = "subscription ($after: String) { incomingCalls(after: $after) { cursor call { id } } }"


class Listener:
    """A client that comes back with its cursor, as the console does."""

    def __init__(self, token: str, cursor: str) -> None:
        self.token = token
        self.cursor = cursor
        self.seqs: list[int] = []

    async def listen(self, office: ConnectedOffice) -> None:
        """Until the server is gone."""
        with suppress(Exception):
            async with office.line(self.token) as line:
                feed = await line.subscribe(WATCHED, after=self.cursor)
                while True:
                    await self._take(line, feed)

    async def _take(self, line: Line, feed: Any) -> None:
        waiting = asyncio.create_task(feed.next(60))
        await asyncio.wait([waiting, line._reader], return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            raise ConnectionError
        self.cursor = waiting.result()["cursor"]
        self.seqs.append(read_stream_cursor(self.cursor).seq)


async def ring(pbx: Switchboard, acknowledged: set[str], dice: random.Random) -> None:
    """Calls, one after another, until the server is gone."""
    with suppress(httpx.HTTPError):
        while True:
            name = f"c{next(pbx.numbers)}"
            for state in ("ringing", dice.choice(("missed", "answered"))):
                event = pbx.event(state, name, agent="1001")
                answer = await pbx.post(event)
                if answer.status_code == 200:
                    acknowledged.add(event["event_id"])


@pytest.fixture
async def office(client, database) -> Office:
    return await staffed(client, database)


async def test_what_was_acknowledged_is_stored_and_told_once(office, database, record_property, serving: Callable[..., Serving]):
    dice = random.Random(KILLS)
    hotline = await Hotline(office).staffed(LISTENERS)
    listeners = [Listener(str(agent.token), await _start(database)) for agent in hotline.agents]
    acknowledged: set[str] = set()
    numbers = hotline.pbx.numbers
    for kill in range(KILLS + 1):
        process = serving(
            "serve", "--port", "0", CRM_DATABASE_URL=database.url, CRM_SECRET_KEY=SECRET_KEY,
            CRM_HOOK_SECRETS='{"pbx": "a secret of the switchboard"}',
        )  # fmt: skip
        address = await asyncio.to_thread(process.address)
        async with httpx.AsyncClient(base_url=address) as http:
            there = ConnectedOffice(http, database)
            there.address = address
            pbx = Switchboard(http)
            pbx.numbers, pbx.begin = numbers, hotline.pbx.begin
            tasks = [asyncio.create_task(each.listen(there)) for each in listeners]
            if kill < KILLS:
                ringing = [asyncio.create_task(ring(pbx, acknowledged, dice)) for _ in range(3)]
                await asyncio.sleep(0.3 + dice.random())
                process.end(signal.SIGKILL)
                await asyncio.gather(*ringing)
            else:
                await _settled(database, listeners)
                process.end(signal.SIGTERM)
            await asyncio.gather(*tasks)
    stored = {row["key"] for row in await office.rows("SELECT key FROM call_event WHERE source = 'pbx'")}
    written = [row["seq"] for row in await office.rows("SELECT seq FROM event WHERE topic = 'incomingCalls' ORDER BY seq")]
    assert acknowledged <= stored
    assert len(written) > KILLS * 5
    for listener in listeners:
        assert listener.seqs == written
    record_property("kills, events acknowledged, pushes to each client", (KILLS, len(acknowledged), len(written)))


async def _start(database) -> str:
    from crm.core.stream_cursors import StreamCursor

    async with database.connection() as connection:
        epoch = await connection.fetchval("SELECT epoch FROM event_stream")
    return str(StreamCursor(epoch, 1, 0))


async def _settled(database, listeners: list[Listener]) -> None:
    """Until nothing waits for a number and everybody has the last one."""
    async with asyncio.timeout(30):
        while True:
            async with database.connection() as connection:
                waiting, last = await connection.fetchrow(
                    "SELECT count(*) FILTER (WHERE seq IS NULL), max(seq) FROM event WHERE topic = 'incomingCalls'"
                )
            if not waiting and all(each.seqs and each.seqs[-1] == last for each in listeners):
                return
            await asyncio.sleep(0.05)
