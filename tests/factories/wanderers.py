"""Clients that come back with their cursors, to whichever process answers: each is to see every event, once and in order."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from contextlib import suppress

import orjson
from tests.factories.sockets import SUBPROTOCOL
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from crm.core.stream_cursors import read_stream_cursor

WATCHED = "subscription ($after: String) { incomingCalls(after: $after) { cursor call { id } } }"
LONGEST_SILENCE = 30.0
"""A socket is pinged every 12 s: one that says nothing for so long is dead, and its client comes back."""


class Wanderer:
    """One client. `cuts_wanted` times it breaks its own line at a random moment, without a word."""

    def __init__(self, token: str, cursor: str, addresses: Sequence[str], dice: random.Random, cuts_wanted: int = 0) -> None:
        self.token, self.cursor, self.addresses, self.dice = token, cursor, addresses, dice
        self.cuts_wanted = cuts_wanted
        self.cuts = self.comebacks = 0
        self.seqs: list[int] = []
        self.times: list[float] = []
        self.refused: list[object] = []

    @property
    def last(self) -> int:
        return self.seqs[-1] if self.seqs else 0

    async def live(self) -> None:
        """Until cancelled. Whatever a broken line raises is a reason to come back."""
        while True:
            with suppress(WebSocketException, OSError, TimeoutError, EOFError):
                await self._visit()
            self.comebacks += 1
            await asyncio.sleep(0.05 + self.dice.random() * 0.5)

    async def _visit(self) -> None:
        address = self.dice.choice(self.addresses).replace("http", "ws", 1) + "/graphql"
        options = {"compression": None, "ping_interval": None, "open_timeout": 20, "close_timeout": 1}
        async with connect(address, subprotocols=[SUBPROTOCOL], **options) as connection:  # type: ignore[arg-type]
            await self._say(connection, type="connection_init", payload={"authorization": f"Bearer {self.token}"})
            assert (await self._hear(connection))["type"] == "connection_ack"
            payload = {"query": WATCHED, "variables": {"after": self.cursor}}
            await self._say(connection, type="subscribe", id="1", payload=payload)
            await self._listen(connection)

    async def _listen(self, connection: ClientConnection) -> None:
        clock = asyncio.get_running_loop().time
        cut_at = clock() + 0.2 + self.dice.random() * 3
        while self.cuts >= self.cuts_wanted or clock() < cut_at:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5 if self.cuts < self.cuts_wanted else LONGEST_SILENCE):
                    await self._take(connection)
        self.cuts += 1
        connection.transport.abort()

    async def _take(self, connection: ClientConnection) -> None:
        message = await self._hear(connection)
        if message["type"] == "ping":
            await self._say(connection, type="pong")
        elif message["type"] == "next":
            self.cursor = message["payload"]["data"]["incomingCalls"]["cursor"]
            self.seqs.append(read_stream_cursor(self.cursor).seq)
            self.times.append(time.time())
        else:
            self.refused.append(message)

    @staticmethod
    async def _say(connection: ClientConnection, **message: object) -> None:
        await connection.send(orjson.dumps(message).decode())

    @staticmethod
    async def _hear(connection: ClientConnection) -> dict:
        return orjson.loads(await connection.recv())


def faults(wanderers: Sequence[Wanderer], written: Sequence[int]) -> tuple[int, int]:
    """How many events were lost and how many came twice or out of order, over all clients."""
    lost = sum(len(set(written) - set(each.seqs)) for each in wanderers)
    wrong = sum(sum(later <= sooner for sooner, later in zip(each.seqs, each.seqs[1:], strict=False)) for each in wanderers)
    return lost, wrong
