"""Mail servers for tests: a real one, and one that dies at a chosen step of the protocol."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What a server took, and to which commands it says no: command → answer."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.to: list[str] = []
        self.no: dict[str, str] = {}
        self.connections = 0

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, host: str, responses: list[str]) -> list[str]:  # noqa: N802 -- the library looks for these names
        session.host_name = host
        self.connections += 1
        return responses

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 -- the same
        if "RCPT" in self.no:
            return self.no["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- the same
        if "DATA" in self.no:
            return self.no["DATA"]
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.to += envelope.rcpt_tos
        return "250 taken"


@asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[str, Mailbox]]:
    """A real one; its address and its mailbox."""
    mailbox = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(mailbox, hostname="mail.test"), "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}?from=crm@example.test", mailbox
    finally:
        server.close()
        await server.wait_closed()


STEPS = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "content", "answer")
"""At which a connection can be cut: before it answers this; `content` in the middle of it, `answer` when it was taken."""


class Mortal:
    """Takes mail, unless it dies at the step that comes next in its list."""

    def __init__(self, deaths: Iterator[str | None]) -> None:
        self.deaths, self.taken, self.died = deaths, list[str](), list[str]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        death = next(self.deaths, None)
        try:
            await self._talk(reader, writer, death)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, death: str | None) -> None:
        def fatal(step: str) -> bool:
            if step == death:
                self.died.append(step)
            return step == death

        if fatal("connect"):
            return
        writer.write(b"220 mail.test\r\n")
        while line := (await reader.readline()).decode().strip():
            command = line.split(" ")[0].upper()
            if fatal(command):
                return
            if command == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            writer.write(b"354 go on\r\n" if command == "DATA" else b"250 OK\r\n")
            if command == "DATA":
                if fatal("content"):
                    await reader.readline()
                    return
                content = (await reader.readuntil(b"\r\n.\r\n")).decode()
                self.taken.append(next(each for each in content.split("\r\n") if each.startswith("Message-ID:")))
                if fatal("answer"):
                    return
                writer.write(b"250 taken\r\n")


@asynccontextmanager
async def mortal_server(deaths: Iterator[str | None]) -> AsyncIterator[tuple[str, Mortal]]:
    """One that dies at these steps, a connection each; its address and what became of it."""
    mortal = Mortal(deaths)
    server: Any = await asyncio.start_server(mortal.serve, "127.0.0.1", 0)
    try:
        yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", mortal
    finally:
        server.close()
        await server.wait_closed()
