"""E-mail as tests use it: real mail servers on loopback, mailboxes that send by them, and the sending side at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from tests.conftest import make_settings
from tests.factories.api import Api, Office

from crm.notify.messaging.email import EmailSender
from crm.notify.messaging.outbound import Outgoing

PASSWORD = "the mailbox's password"
SENT = "emailMessage { id state }"


class Post:
    """What a server took, and what it answers: to an address, or to all of a command. `secret`: nobody else gets in."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.no: dict[str, str] = {}
        self.connections = 0
        self.logins: list[tuple[bytes, bytes]] = []
        self.secret = PASSWORD.encode()
        self.port = 0

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == self.secret, handled=False)

    async def handle_EHLO(self, server: SMTP, session: Session, envelope: Envelope, host: str, responses: list[str]) -> list[str]:  # noqa: N802 -- the library looks for these names
        session.host_name = host
        self.connections += 1
        return responses

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 -- the same
        if "MAIL" in self.no:
            return self.no["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:  # noqa: N802 -- the same
        if (said := self.no.get(address, self.no.get("RCPT"))) is not None:
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- the same
        if "DATA" in self.no:
            return self.no["DATA"]
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
        return "250 taken"

    @property
    def reached(self) -> list[str]:
        return [address for _, people in self.envelopes for address in people]


@asynccontextmanager
async def post_office(**options: Any) -> AsyncIterator[Post]:
    """A real one on a free port of loopback."""
    post = Post()
    made = {"auth_require_tls": False, "authenticator": post.authenticate, "hostname": "mail.test", **options}
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(post, **made), "127.0.0.1", 0)
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def served(serve: Any, **options: Any) -> AsyncIterator[int]:
    """Something that speaks for itself, such as `Mortal.serve`; its port."""
    server: Any = await asyncio.start_server(serve, "127.0.0.1", 0, **options)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def mailbox(port: int, **values: Any) -> dict[str, Any]:
    """The input of a mailbox that sends by a server on loopback, at once."""
    return {
        "address": "sales@example.com", "name": "销售", "displayName": "江南科技", "smtpHost": "127.0.0.1", "smtpPort": port,
        "smtpSecurity": "NONE", "undoSeconds": 0, "perMinute": 6000, **values,
    }  # fmt: skip


async def opened_box(who: Api, port: int, **values: Any) -> str:
    made = await who.do("emailAccountCreate", "emailAccount { id }", input=mailbox(port, **values))
    return str(made["id"])


def letter(account: str, *to: str, **values: Any) -> dict[str, Any]:
    return {
        "accountId": account, "to": [{"address": each} for each in to or ("wang@customer.example",)], "subject": "报价 Quote",
        "text": "您好，请看附件。", **values,
    }  # fmt: skip


def settings(office: Office, **others: Any) -> Any:
    folder = others.pop("data_dir", None) or Path(mkdtemp())
    return make_settings(office.database, folder, **{"private_peers": True, **others})


@asynccontextmanager
async def sending(office: Office, **others: Any) -> AsyncIterator[EmailSender]:
    """The sending side runs, for as long as the block lasts."""
    sender = EmailSender(office.database, settings(office, **others))
    task = asyncio.create_task(Outgoing(office.database, sender).run())
    try:
        yield sender
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def contact(who: Api, name: str, *addresses: str, party: str | None = None) -> dict[str, Any]:
    """A contact at a customer, with addresses."""
    if party is None:
        party = (await who.do("customerCreate", "customer { id }", input={"name": f"{name}的公司"}))["id"]
    given = {"partyId": party, "name": name, "emailAddresses": [{"address": each} for each in addresses]}
    return dict(await who.do("contactCreate", "contact { id party { id name } }", input=given))
