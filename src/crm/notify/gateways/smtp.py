"""Mail out: a few kept connections to one SMTP server, and for each message what came of it.

The steps of a delivery are taken one by one, because what a broken connection means depends on the step: before the content was
sent nothing was taken, after it nobody knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
import structlog

from crm.core.clock import now
from crm.services.office.reminder_messages import Message, Sent

CONNECTIONS = 4
SECONDS = 20.0
"""For each step; all of them together stay below the time after which a message is taken for lost."""
OVERALL = 80.0
PERMANENT = 500
STALE = 2
"""A kept connection may have been closed while it was idle: then the message begins anew on another one, once."""

log = structlog.get_logger("crm.smtp")


class Server:
    """Where mail goes, from an address such as `smtp://user:password@host:587?from=crm@example.com`.

    With a password the connection must be encrypted (`STARTTLS`, or from the start by `smtps`); without one it is where the
    server offers it. Without `from` mail comes from the user, where that is an address, else from `crm@` the host.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.secure = parts.hostname or "localhost", parts.scheme == "smtps"
        self.port = parts.port or (465 if self.secure else 587 if parts.username else 25)
        self.user = unquote(parts.username) if parts.username else None
        self.password = unquote(parts.password) if parts.password else None
        named = parse_qs(parts.query).get("from", [""])[0]
        self.sender = named or (self.user if self.user and "@" in self.user else f"crm@{self.host}")

    def client(self) -> aiosmtplib.SMTP:
        """A connection that is not open yet."""
        return aiosmtplib.SMTP(
            hostname=self.host, port=self.port, username=self.user, password=self.password, timeout=SECONDS,
            use_tls=self.secure, start_tls=None if self.secure or not self.user else True,
        )  # fmt: skip


class Mailer:
    """Sends, over at most `CONNECTIONS` connections; ask it from one loop."""

    def __init__(self, url: str) -> None:
        self.server = Server(url)
        self._idle: asyncio.LifoQueue[aiosmtplib.SMTP] = asyncio.LifoQueue()
        for _ in range(CONNECTIONS):
            self._idle.put_nowait(self.server.client())

    async def send(self, message: Message) -> Sent:
        """What came of it; never an exception, or one message would hold up all others."""
        try:
            content = await asyncio.to_thread(composed, message, self.server.sender)
        except (ValueError, UnicodeError) as error:
            log.warning("a message cannot be written", reminder=str(message.id), reason=type(error).__name__)
            return Sent.REFUSED
        async with self._connection() as client:
            delivery = _Delivery(client, self.server.sender, message.address, content)
            try:
                async with asyncio.timeout(OVERALL):
                    return await delivery.run()
            except Exception as error:  # noqa: BLE001 -- whatever a server or the network does, the step says what it means
                said = type(error).__name__
                log.warning("mail was not sent", reminder=str(message.id), reason=said, handed_over=delivery.handed_over)
                client.close()
                return Sent.UNCERTAIN if delivery.handed_over else Sent.LATER

    async def close(self) -> None:
        """Say goodbye where a connection is open."""
        while not self._idle.empty():
            client = self._idle.get_nowait()
            if client.is_connected:
                with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                    await client.quit(timeout=1)
            client.close()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[aiosmtplib.SMTP]:
        client = await self._idle.get()
        try:
            yield client
        finally:
            self._idle.put_nowait(client)


class _Delivery:
    """One message on its way, and how far it came."""

    def __init__(self, client: aiosmtplib.SMTP, sender: str, address: str, content: bytes) -> None:
        self.client, self.sender, self.address, self.content = client, sender, address, content
        self.handed_over = False

    async def run(self) -> Sent:
        for attempt in range(STALE):
            kept = self.client.is_connected
            try:
                return await self._steps()
            except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
                if self.handed_over or not kept or attempt:
                    raise
                self.client.close()
        raise AssertionError("the last attempt returns or raises")

    async def _steps(self) -> Sent:
        if not self.client.is_connected:
            await self.client.connect()
        try:
            await self.client.mail(self.sender)
            await self.client.rcpt(self.address)
            self.handed_over = True
            await self.client.data(self.content)
        except aiosmtplib.SMTPResponseException as refusal:
            # An answer is certain, whatever it says.
            self.handed_over = False
            with suppress(aiosmtplib.SMTPException):
                await self.client.rset()
            log.info("mail was refused", code=refusal.code)
            # What is wrong with the sender is wrong with our settings, and they can be mended.
            for_good = refusal.code >= PERMANENT and not isinstance(refusal, aiosmtplib.SMTPSenderRefused)
            return Sent.REFUSED if for_good else Sent.LATER
        return Sent.DONE


def composed(message: Message, sender: str) -> bytes:
    """The bytes of a message. Its id is always the same, so that a mailbox knows one that comes twice."""
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = sender
    name, _, domain = message.address.rpartition("@")
    mail["To"] = Address(display_name=" ".join(message.name.split()), username=name, domain=domain)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<reminder-{message.id}@{sender.rpartition('@')[2] or 'crm'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail.as_bytes()


class NoMailer:
    """Where no server is set: what waits is told so instead of waiting for ever."""

    async def send(self, message: Message) -> Sent:
        """Nobody takes it."""
        log.warning("no mail server is set: CRM_SMTP_URL", reminder=str(message.id))
        return Sent.NOT_SET_UP

    async def close(self) -> None:
        """Nothing is open."""
