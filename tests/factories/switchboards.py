"""Switchboards as tests play them, over real connections: they speak the protocol, cut at any byte, and can do everything wrong.

What goes on there (`channels`) is theirs and outlives every connection, as in a real one; who is connected is told of changes.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

USER, SECRET = "crm", "a secret of the manager"


class FakeSwitchboard:
    """A server on the loopback. Subclasses speak (`serve`) and say how an event is written (`written`)."""

    scheme = ""

    def __init__(self, seed: int = 1, *, cut: bool = True) -> None:
        self.dice, self.cut = random.Random(seed), cut
        self.channels: dict[str, dict[str, str]] = {}
        self.heard: list[dict[str, str]] = []
        """What was asked of it, after the log-in."""
        self.asked: list[dict[str, str]] = []
        """What it was asked to dial."""
        self.logins = 0
        self.stalled = False
        self.muddled = False
        """It says some things twice, and some after what came next."""
        self._held_back: bytes | None = None
        self.deaf = False
        """Connections are dropped as they come."""
        self.drops_at_dialling = False
        self.refuses_dialling = False
        self.at_dialling: Callable[[str], None] = lambda _: None
        """Does what it is asked to, before it answers or does not."""
        self._lines: dict[asyncio.StreamWriter, asyncio.Queue[bytes]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"{self.scheme}://{USER}:{SECRET.replace(' ', '%20')}@127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """As when it is killed: the port is closed, and so is every connection; calls go on, as in a kernel that lives."""
        assert self._server
        self._server.close()
        self.drop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def drop(self) -> None:
        """Cut every connection, in the middle of whatever was being said."""
        for writer in list(self._lines):
            writer.transport.abort()
        self._lines.clear()

    def say(self, message: bytes) -> None:
        """To everybody who is connected and listens."""
        if self.muddled:
            again = self.dice.random() < 0.2
            if self._held_back is None and self.dice.random() < 0.2:
                self._held_back = message
                return
            message = message * (2 if again else 1)
        if self._held_back is not None:
            message, self._held_back = message + self._held_back, None
        for queue in self._lines.values():
            queue.put_nowait(message)

    async def said(self) -> None:
        """Wait until everybody was sent all of it."""
        while any(not queue.empty() for queue in self._lines.values()):
            await asyncio.sleep(0)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError

    def listens(self, writer: asyncio.StreamWriter) -> asyncio.Queue[bytes]:
        """Somebody is logged in: tell them what happens from now on."""
        self.logins += 1
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        self._lines[writer] = queue
        self._go(self._tell(writer, queue))
        return queue

    async def send(self, writer: asyncio.StreamWriter, message: bytes) -> None:
        """In pieces of any size."""
        while message:
            size = self.dice.choice((1, 2, 3, 7, 64, 1000, 9000)) if self.cut else len(message)
            while self.stalled:
                await asyncio.sleep(0.01)
            writer.write(message[:size])
            await writer.drain()
            if self.cut and self.dice.random() < 0.2:
                await asyncio.sleep(0)
            message = message[size:]

    async def _tell(self, writer: asyncio.StreamWriter, queue: asyncio.Queue[bytes]) -> None:
        with suppress(ConnectionError):
            while True:
                await self.send(writer, await queue.get())

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.deaf:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self.serve(reader, writer)
        finally:
            self._tasks.discard(task)
            self._lines.pop(writer, None)
            writer.transport.abort()

    def _go(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class FakeAsterisk(FakeSwitchboard):
    """The manager interface."""

    scheme = "ami"

    def event(self, name: str, **fields: Any) -> None:
        self.say(ami("Event", name, fields))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.send(writer, b"Asterisk Call Manager/11.0.0\r\n")
        challenge, queue = str(self.dice.randrange(10**9)), None
        while True:
            asked = read_ami((await reader.readuntil(b"\r\n\r\n")).decode())
            action, number = asked["Action"], asked.get("ActionID", "")
            if action == "Challenge":
                await self.send(writer, ami("Response", "Success", {"ActionID": number, "Challenge": challenge}))
            elif action == "Login":
                right = hashlib.md5((challenge + SECRET).encode()).hexdigest()
                if (asked["Username"], asked["Key"]) != (USER, right):
                    await self.send(writer, ami("Response", "Error", {"ActionID": number, "Message": "Authentication failed"}))
                    return
                await self.send(writer, ami("Response", "Success", {"ActionID": number, "Message": "Authentication accepted"}))
                queue = self.listens(writer)
            else:
                assert queue is not None, "not logged in"
                self.heard.append(asked)
                self._do(queue, action, number, asked, writer)

    def _do(
        self, queue: asyncio.Queue[bytes], action: str, number: str, asked: dict[str, str], writer: asyncio.StreamWriter
    ) -> None:
        if action == "CoreShowChannels":
            answer = [ami("Response", "Success", {"ActionID": number, "EventList": "start"})]
            answer += [ami("Event", "CoreShowChannel", {"ActionID": number, **each}) for each in self.channels.values()]
            done = {"ActionID": number, "EventList": "Complete", "ListItems": str(len(self.channels))}
            queue.put_nowait(b"".join([*answer, ami("Event", "CoreShowChannelsComplete", done)]))
        elif action == "Originate":
            self.asked.append(asked)
            self.at_dialling(number)
            if self.drops_at_dialling:
                self.drop()
            elif self.refuses_dialling:
                queue.put_nowait(ami("Response", "Error", {"ActionID": number, "Message": "Extension does not exist."}))
            else:
                queue.put_nowait(ami("Response", "Success", {"ActionID": number, "Message": "Originate successfully queued"}))
        else:
            queue.put_nowait(ami("Response", "Success", {"ActionID": number, "Ping": "Pong"}))


def ami(kind: str, name: str, fields: dict[str, Any]) -> bytes:
    lines = [(kind, name), *fields.items()]
    return "".join(f"{each}: {value}\r\n" for each, value in lines).encode() + b"\r\n"


def read_ami(block: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.strip().split("\r\n"))


class FakeFreeSwitch(FakeSwitchboard):
    """The event socket."""

    scheme = "esl"

    @property
    def url(self) -> str:
        return f"esl://:{SECRET.replace(' ', '%20')}@127.0.0.1:{self.port}"

    def event(self, name: str, **fields: Any) -> None:
        self.say(esl_event(name, fields))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.send(writer, b"Content-Type: auth/request\n\n")
        queue = None
        while True:
            head, *lines = (await reader.readuntil(b"\n\n")).decode().strip().split("\n")
            fields = dict(line.split(": ", 1) for line in lines)
            if head.startswith("auth "):
                right = head.removeprefix("auth ") == SECRET
                reply = "+OK accepted" if right else "-ERR invalid"
                await self.send(writer, f"Content-Type: command/reply\nReply-Text: {reply}\n\n".encode())
                if not right:
                    await self.send(writer, b"Content-Type: text/disconnect-notice\nContent-Length: 5\n\nBye.\n")
                    return
                queue = self.listens(writer)
                continue
            assert queue is not None, "not logged in"
            self.heard.append({"command": head, **fields})
            self._do(queue, head, fields)

    def _do(self, queue: asyncio.Queue[bytes], command: str, fields: dict[str, str]) -> None:
        if command == "api show channels as json":
            rows = list(self.channels.values())
            told = {"row_count": len(rows)} | ({"rows": rows} if rows else {})
            queue.put_nowait(esl_body("api/response", json.dumps(told)))
        elif command.startswith("api "):
            queue.put_nowait(esl_body("api/response", "FreeSWITCH Version 1.10.12-release 64bit\n"))
        elif command.startswith("bgapi originate"):
            self.asked.append({"command": command, **fields})
            self.at_dialling(fields["Job-UUID"])
            if self.drops_at_dialling:
                self.drop()
                return
            queue.put_nowait(f"Content-Type: command/reply\nReply-Text: +OK Job-UUID: {fields['Job-UUID']}\n\n".encode())
            if self.refuses_dialling:
                self.event("BACKGROUND_JOB", **{"Job-UUID": fields["Job-UUID"], "_body": "-ERR USER_NOT_REGISTERED\n"})
        else:
            queue.put_nowait(b"Content-Type: command/reply\nReply-Text: +OK event listener enabled json\n\n")


def esl_body(kind: str, body: str) -> bytes:
    content = body.encode()
    return f"Content-Type: {kind}\nContent-Length: {len(content)}\n\n".encode() + content


def esl_event(name: str, fields: dict[str, Any]) -> bytes:
    told = {"Event-Name": name, "Event-Date-Timestamp": str(time.time_ns() // 1000)} | fields
    return esl_body("text/event-json", json.dumps({key: str(value) for key, value in told.items()}))


@asynccontextmanager
async def on_the_line(board: FakeSwitchboard) -> AsyncIterator[FakeSwitchboard]:
    """Started, and stopped at the end."""
    await board.start()
    try:
        yield board
    finally:
        await board.stop()


async def until(true: Callable[[], Any], seconds: float = 10) -> None:
    """Wait for something; a test that waits in vain fails here."""
    end = time.monotonic() + seconds
    while True:
        found = true()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return
        assert time.monotonic() < end, "it did not come about"
        await asyncio.sleep(0.005)


NUMBERS = itertools.count(1)
