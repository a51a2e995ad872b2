"""Networks that break without a word, while calls come in: every client goes on where it was, and misses and repeats nothing.

With CRM_SOAK=1 250 sockets of fifty people, as many as a ring group has, each cut five times. A thousand are cut in
`test_several_processes.py`, where processes and Redis are killed as well.
"""

from __future__ import annotations

import asyncio
import os
import random
from contextlib import suppress
from typing import Any

import pytest
from tests.customers.calling import Hotline
from tests.factories.api import Api
from tests.factories.sockets import ConnectedOffice, connected
from websockets.exceptions import ConnectionClosed

from crm.core.stream_cursors import read_stream_cursor

office = pytest.fixture(connected)
PEOPLE, SOCKETS_EACH = (50, 5) if os.environ.get("CRM_SOAK") else (12, 4)
CUTS = 5
WATCHED = "subscription ($after: String) { incomingCalls(after: $after) { cursor call { id } } }"


class Client:
    """One socket after another, with the cursor of the last event it has seen."""

    def __init__(self, person: Api) -> None:
        self.person = person
        self.cursor: str | None = None
        self.seqs: list[int] = []
        self.cuts = 0

    async def live(self, office: ConnectedOffice, dice: random.Random, done: asyncio.Event) -> None:
        """Come back for as long as it takes, as a console does; whatever a broken line raises is a reason to come back."""
        while not done.is_set():
            with suppress(ConnectionClosed, TimeoutError, OSError):
                await self._line(office, dice, done)

    async def _line(self, office: ConnectedOffice, dice: random.Random, done: asyncio.Event) -> None:
        async with office.line(self.person.token) as line:
            feed = await line.subscribe(WATCHED, after=self.cursor)
            # A deadline that is looked at, because before Python 3.12 `wait_for` may swallow a time-out around it.
            clock = asyncio.get_running_loop().time
            cut_at = clock() + 0.2 + dice.random() * 2
            while not done.is_set() and (self.cuts >= CUTS or clock() < cut_at):
                await self._hear(feed)
            if not done.is_set():
                self.cuts += 1
                line.cut()

    async def _hear(self, feed: Any) -> None:
        if feed.line.closed is not None:
            raise ConnectionResetError
        with suppress(TimeoutError):
            self.cursor = (await feed.next(0.2))["cursor"]
            self.seqs.append(read_stream_cursor(str(self.cursor)).seq)


async def test_every_client_hears_every_event_once_and_in_order(office: ConnectedOffice, record_property):
    dice = random.Random(CUTS)
    hotline = await Hotline(office).staffed(PEOPLE)
    clients = [Client(agent) for agent in hotline.agents for _ in range(SOCKETS_EACH)]
    async with office.listens(hotline.agents[0], WATCHED) as first:
        await hotline.pbx.tell("ringing", "c0")
        start = (await first.next())["cursor"]
    for client in clients:
        client.cursor = start
    done = asyncio.Event()
    living = [asyncio.create_task(client.live(office, dice, done)) for client in clients]
    number = 0
    end = asyncio.get_running_loop().time() + 60
    while any(client.cuts < CUTS for client in clients):
        assert asyncio.get_running_loop().time() < end
        for each in living:
            assert not each.done(), each.exception()
        number += 1
        await hotline.pbx.tell(dice.choice(("ringing", "missed")), f"c{number}")
        await asyncio.sleep(0.3)
    began = read_stream_cursor(start).seq
    written = [
        row["seq"]
        for row in await office.rows("SELECT seq FROM event WHERE topic = 'incomingCalls' AND seq > $1 ORDER BY seq", began)
    ]
    async with asyncio.timeout(30):
        while any(len(client.seqs) < len(written) for client in clients):
            await asyncio.sleep(0.05)
            written = [
                row["seq"]
                for row in await office.rows(
                    "SELECT seq FROM event WHERE topic = 'incomingCalls' AND seq > $1 ORDER BY seq", began
                )
            ]
    await asyncio.sleep(0.2)
    done.set()
    await asyncio.gather(*living)
    assert [client.seqs for client in clients] == [written] * len(clients)
    record_property("sockets, cuts, events", (len(clients), sum(client.cuts for client in clients), len(written)))
    assert (await office.client.get("/readyz")).status_code == 200
