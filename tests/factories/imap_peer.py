"""A small IMAP server for what no real one does: it ends a conversation at a chosen step, stalls, splits its words, or lies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

SECRET = "secret"


@dataclass
class ImapPeer:
    """One folder of messages, numbered from 1.

    `fault` is a step and what happens there, once: `cut` before it is answered, `half` in the middle of its answer, `after` it,
    `stall`, `flood` or `nonsense`. `split` is how many bytes it sends at a time.
    """

    messages: list[bytes] = field(default_factory=list)
    uid_validity: int = 1
    fault: tuple[str, str] | None = None
    split: int = 0
    idles: bool = True
    sizes: dict[int, int] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    log_ins: int = 0
    faults: int = 0
    seen: list[str] = field(default_factory=list)
    port: int = 0
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[ImapPeer]:
        """For as long as the block lasts."""
        server = await asyncio.start_server(self._conversation, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def add(self, *messages: bytes) -> None:
        """Put messages there; whoever idles is told."""
        async with self._news:
            self.messages += messages
            self._news.notify_all()

    async def _conversation(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = _Talk(self, reader, writer)
        try:
            await talk.run()
        except (ConnectionError, asyncio.IncompleteReadError, _Ends):
            pass
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()


class _Ends(Exception):
    pass


class _Talk:
    def __init__(self, peer: ImapPeer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.peer, self.reader, self.writer = peer, reader, writer
        self.known = 0

    async def run(self) -> None:
        await self._answer("CONNECT", b"* OK [CAPABILITY IMAP4rev1] ready\r\n")
        while line := await self.reader.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            step = self._step(rest)
            self.peer.seen.append(step)
            if step == "IDLE":
                await self._idle(tag)
            else:
                await self._answer(step, self._said(step, rest, tag))

    def _step(self, rest: str) -> str:
        words = rest.upper().split()
        if words[0] != "UID":
            return words[0]
        return "SIZES" if "RFC822.SIZE" in rest.upper() else words[1]

    def _said(self, step: str, rest: str, tag: str) -> bytes:
        peer, done = self.peer, f"{tag} OK done\r\n".encode()
        match step:
            case "CAPABILITY":
                return f"* CAPABILITY IMAP4rev1 ID {'IDLE' if peer.idles else ''}\r\n".encode() + done
            case "LOGIN":
                peer.log_ins += 1
                return done if SECRET in rest else f"{tag} NO [AUTHENTICATIONFAILED] wrong\r\n".encode()
            case "EXAMINE":
                told = f"* {len(peer.messages)} EXISTS\r\n* OK [UIDVALIDITY {peer.uid_validity}] x\r\n"
                return f"{told}* OK [UIDNEXT {len(peer.messages) + 1}] x\r\n".encode() + done
            case "SEARCH":
                return self._search(rest) + done
            case "SIZES":
                return b"".join(self._size(n) for n in self._named(rest)) + done
            case "FETCH":
                return b"".join(self._body(n, rest) for n in self._named(rest)) + done
        return done

    def _search(self, rest: str) -> bytes:
        self.known = len(self.peer.messages)
        low = int(re.findall(r"UID (\d+):", rest)[-1])
        found = [n for n in range(1, len(self.peer.messages) + 1) if n >= low] or [len(self.peer.messages)]
        return f"* SEARCH {' '.join(str(n) for n in found if n)}\r\n".encode()

    def _named(self, rest: str) -> list[int]:
        return [int(n) for n in rest.split()[2].split(",") if int(n) not in self.peer.gone]

    def _size(self, n: int) -> bytes:
        size = self.peer.sizes.get(n, len(self.peer.messages[n - 1]))
        date = '"26-Nov-2026 08:00:00 +0000"'
        return f"* {n} FETCH (UID {n} RFC822.SIZE {size} INTERNALDATE {date})\r\n".encode()

    def _body(self, n: int, rest: str) -> bytes:
        raw, name = self.peer.messages[n - 1], "BODY[]"
        if "HEADER" in rest.upper():
            raw, name = raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", "BODY[HEADER]<0>"
        return f"* {n} FETCH (UID {n} {name} {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"

    async def _idle(self, tag: str) -> None:
        await self._answer("IDLE", b"+ idling\r\n")
        done = asyncio.ensure_future(self.reader.readline())
        news = asyncio.ensure_future(self._news(self.known))
        await asyncio.wait({done, news}, return_when=asyncio.FIRST_COMPLETED)
        if news.done():
            await self._answer("EXISTS", f"* {len(self.peer.messages)} EXISTS\r\n".encode())
        news.cancel()
        if not await done:
            raise _Ends
        await self._answer("DONE", f"{tag} OK done\r\n".encode())

    async def _news(self, known: int) -> None:
        async with self.peer._news:
            await self.peer._news.wait_for(lambda: len(self.peer.messages) > known)

    async def _answer(self, step: str, data: bytes) -> None:
        fault = self.peer.fault[1] if self.peer.fault and self.peer.fault[0] == step else None
        if fault is not None:
            self.peer.fault = None
            self.peer.faults += 1
            await self._broken(fault, data)
        await self._send(data)
        if fault == "after":
            raise _Ends

    async def _broken(self, fault: str, data: bytes) -> None:
        match fault:
            case "cut":
                raise _Ends
            case "half":
                await self._send(data[: len(data) // 2])
                raise _Ends
            case "stall":
                await self.reader.read()
                raise _Ends
            case "flood":
                while True:
                    await self._send(b"* OK " + b"x" * 10_000 + b"\r\n")
            case "nonsense":
                await self._send(b"* ((((( {9999999999999}\r\n\x00\xff\r\n")

    async def _send(self, data: bytes) -> None:
        size = self.peer.split or len(data) or 1
        for start in range(0, len(data), size):
            self.writer.write(data[start : start + size])
            await self.writer.drain()
            if self.peer.split:
                await asyncio.sleep(0)
