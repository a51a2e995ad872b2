"""Clients that never read again: their sockets are gone after the grace, and nobody else notices.

With CRM_SOAK=1 two hundred of them; else a twentieth of it.
"""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.customers.calling import Hotline
from tests.factories.sockets import ANNOUNCEMENTS, SUBPROTOCOL, ConnectedOffice, connected

from crm import metrics
from crm.endpoints.sockets import protocol
from crm.endpoints.sockets import socket as our_socket
from crm.endpoints.sockets.wires import MOST_BUFFERED

office = pytest.fixture(connected)
DEAF = 200 if os.environ.get("CRM_SOAK") else 10
EACH = 5
"""Sockets of one session."""
SEND, CLOSE, GRACE = 1.0, 0.3, 0.5
PATIENCE = 60
WATCHED = "subscription ($after: String) { incomingCalls(after: $after) { cursor call { state } } }"
CHATTER = {"type": "ping", "payload": {"text": "x" * 60_000}}
"""Answered by a pong with the same payload, so the server has much to say to a client that does not listen."""


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    monkeypatch.setattr(our_socket, "SEND_SECONDS", SEND)
    monkeypatch.setattr(our_socket, "CLOSE_SECONDS", CLOSE)
    monkeypatch.setattr(protocol, "GRACE_SECONDS", GRACE)


def framed(message: Any) -> bytes:
    """A text frame of a client, masked with nothing."""
    data = orjson.dumps(message)
    length = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0x80 | 126]) + len(data).to_bytes(2)
    return b"\x81" + length + bytes(4) + data


class Deaf:
    """A client that signs in, talks, and reads nothing after the handshake."""

    def __init__(self, office: ConnectedOffice, token: str | None, watched: str = WATCHED) -> None:
        self.watched = watched
        self.host, _, port = office.address.removeprefix("http://").partition(":")
        self.port, self.token = int(port), token
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, (self.host, self.port))
        handshake = (
            f"GET /graphql HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
        )
        await loop.sock_sendall(self.socket, handshake.encode())
        await loop.sock_recv(self.socket, 1024)
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
        await loop.sock_sendall(self.socket, framed(init))
        await loop.sock_sendall(self.socket, framed({"type": "subscribe", "id": "1", "payload": {"query": self.watched}}))

    async def talk(self) -> None:
        while True:
            await asyncio.get_running_loop().sock_sendall(self.socket, framed(CHATTER))


def our_ends(clients: list[Deaf]) -> int:
    """How many connections to these clients the server still holds: by the kernel's tables, whatever our objects say."""
    theirs = {client.socket.getsockname()[1] for client in clients}
    inodes = set(filter(None, map(_inode, Path("/proc/self/fd").iterdir())))
    rows = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[2].rpartition(":")[2], 16) in theirs and row[9] in inodes for row in rows)


def _inode(descriptor: Path) -> str | None:
    try:
        found = str(descriptor.readlink())
    except FileNotFoundError:
        return None
    return found[8:-1] if found.startswith("socket:[") else None


async def test_sockets_of_clients_that_never_read_are_gone_after_the_grace(office: ConnectedOffice, caplog):
    hotline = await Hotline(office).staffed(3)
    listener, other, deaf_one = hotline.agents
    tokens = [(await office.signed_in(deaf_one.username)).token for _ in range(0, DEAF, EACH)]
    deaf = [Deaf(office, token) for token in tokens for _ in range(EACH)]
    await asyncio.gather(*(each.connect() for each in deaf))
    assert our_ends(deaf) == DEAF
    talking = [asyncio.create_task(each.talk()) for each in deaf]
    try:
        async with office.listens(listener, WATCHED) as feed:
            for number in range(5):
                await hotline.pbx.tell("ringing", f"c{number}")
                assert (await feed.next())["call"]["state"] == "RINGING"
            await until(lambda: our_ends(deaf) == 0)
            await until(lambda: all(task.done() for task in talking))  # told by a reset, not left to wait
            await hotline.pbx.tell("missed", "c0")
            assert (await feed.next())["call"]["state"] == "MISSED"
        assert not [record for record in caplog.records if record.exc_info], "a client that does not read is no crash"
        assert (await other.ask("me", "user { username }"))["user"]["username"] == other.username
    finally:
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        for each in deaf:
            each.socket.close()


async def test_who_does_not_read_what_is_pushed_costs_a_bounded_buffer_and_then_the_socket(office: ConnectedOffice, monkeypatch):
    """W3: by announcements alone, long before anybody would wait for them; whoever reads gets every one, in order."""
    monkeypatch.setattr(our_socket, "SEND_SECONDS", PATIENCE)
    reader, deaf_one = await office.hire("reader"), await office.hire("deaf")
    tokens = [(await office.signed_in(deaf_one.username)).token for _ in range(0, DEAF, EACH)]
    deaf = [Deaf(office, token, ANNOUNCEMENTS) for token in tokens for _ in range(EACH)]
    await asyncio.gather(*(each.connect() for each in deaf))
    try:
        async with office.listens(reader, ANNOUNCEMENTS) as feed:
            before, evicted, most, told = memory(), shown(), 0, []
            while our_ends(deaf) and len(told) < LONGEST_NEWS:
                told.append(f"{len(told)}")
                given = {"title": told[-1], "body": "长" * 20_000, "audience": {"everyone": True}}
                await office.admin.do("announcementPublish", "announcement { id }", input=given)
                assert (await feed.next())["announcement"]["title"] == told[-1]
                most = max(most, memory() - before)
            await until(lambda: our_ends(deaf) == 0)
        assert shown() - evicted == DEAF
        assert most < DEAF * MOST_EACH + SLACK, f"{most / 1e6:.0f} MB for {DEAF} clients that do not read"
        assert (await reader.ask("me", "user { username }"))["user"]["username"] == reader.username
    finally:
        for each in deaf:
            each.socket.close()


LONGEST_NEWS = 40
"""Announcements of 60 KB: a handful fills the kernel's buffers and ours."""
MOST_EACH = 2 * MOST_BUFFERED
SLACK = 40_000_000
"""For everything else that this process does meanwhile."""


def memory() -> int:
    """Bytes that this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def shown() -> float:
    return metrics.registry.get_sample_value("crm_sockets_evicted_total") or 0


async def until(holds: Any) -> None:
    """Wait for it, not for ever."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.05)
