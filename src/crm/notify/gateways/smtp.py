"""Mail of the installation's own: reminders, sent by the server that `CRM_SMTP_URL` names."""

from __future__ import annotations

import asyncio
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import structlog

from crm.core.clock import now
from crm.notify.gateways.smtp_line import Login
from crm.notify.gateways.smtp_peer import SmtpPeer
from crm.rules.messaging.mail_hosts import MailSecurity
from crm.rules.messaging.sending import Result
from crm.services.office.reminder_messages import Message, Sent

CONNECTIONS = 4
SENT = {Result.ACCEPTED: Sent.DONE, Result.REJECTED: Sent.REFUSED, Result.DOUBTFUL: Sent.UNCERTAIN}
"""What came of a delivery; anything else may be tried again."""

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

    def login(self) -> Login:
        """The same for a peer. Whoever sets up the installation may name any host."""
        security = MailSecurity.TLS if self.secure else MailSecurity.STARTTLS if self.user else None
        return Login(self.host, self.port, security, self.user, self.password, private=True, connections=CONNECTIONS)


class Mailer:
    """Sends, over at most `CONNECTIONS` connections; ask it from one loop."""

    def __init__(self, url: str) -> None:
        self.server = Server(url)
        self.peer = SmtpPeer(self.server.login())

    async def send(self, message: Message) -> Sent:
        """What came of it; never an exception, or one message would hold up all others."""
        try:
            content = await asyncio.to_thread(composed, message, self.server.sender)
        except (ValueError, UnicodeError) as error:
            log.warning("a message cannot be written", reminder=str(message.id), reason=type(error).__name__)
            return Sent.REFUSED
        delivered = await self.peer.deliver(self.server.sender, [message.address], content)
        if delivered.result is not Result.ACCEPTED:
            log.warning("mail was not sent", reminder=str(message.id), result=delivered.result.value)
        return SENT.get(delivered.result, Sent.LATER)

    async def close(self) -> None:
        """Say goodbye where a connection is open."""
        await self.peer.close()


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
