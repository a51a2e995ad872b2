"""A connection to an SMTP server, opened by steps that each have their time.

`STARTTLS` is demanded where it is chosen: offered and used only where it happens to be there, whoever sits on the line could take
the offer away.
"""

from __future__ import annotations

import ssl
from contextlib import suppress
from dataclasses import dataclass, field

import aiosmtplib

from crm.notify.gateways.peers import Forbidden, dialled
from crm.rules.messaging.email_outcomes import PERMANENT
from crm.rules.messaging.mail_hosts import MailSecurity
from crm.rules.messaging.mime_charsets import text_of

SECONDS = 20.0
"""For each step."""


@dataclass(frozen=True, slots=True)
class Login:
    """How a server is reached. `private`: it may have an address of a private network. `security` None: as it offers."""

    host: str
    port: int
    security: MailSecurity | None
    user: str | None
    password: str | None = field(repr=False)
    private: bool
    connections: int


class NoEntry(Exception):
    """The server is not ours to use as it is set up: it turns the password down, cannot be trusted, or may not be spoken to."""


class Line:
    """One connection, open or not."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.client: aiosmtplib.SMTP | None = None

    @property
    def is_open(self) -> bool:
        """Whether it can be spoken over, as far as anybody knows."""
        return self.client is not None and self.client.is_connected

    async def open(self) -> aiosmtplib.SMTP:
        """The connection, made where there is none. `NoEntry` where only its owner can help."""
        if self.client is not None and self.client.is_connected:
            return self.client
        login = self.login
        try:
            line = await dialled(login.host, login.port, SECONDS, private=login.private)
        except Forbidden as error:
            raise NoEntry(str(error)) from None
        starts = None if login.security is None else login.security is MailSecurity.STARTTLS
        self.client = aiosmtplib.SMTP(
            hostname=login.host, sock=line, username=login.user, password=login.password, timeout=SECONDS,
            use_tls=login.security is MailSecurity.TLS, start_tls=starts,
        )  # fmt: skip
        try:
            await self.client.connect()
        except BaseException as error:
            line.close()
            self.close()
            if (why := _no_entry(error)) is not None:
                raise NoEntry(text_said(why)) from None
            raise
        return self.client

    def close(self) -> None:
        """Without a word."""
        if self.client is not None:
            self.client.close()
        self.client = None

    async def goodbye(self) -> None:
        """Close it as a server likes it."""
        if self.client is not None and self.client.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self.client.quit(timeout=1)
        self.close()


def text_said(message: str) -> str:
    """What a server said, as text that can be kept: many speak their own language, in a charset they do not name."""
    return text_of(message.encode("utf-8", "surrogateescape"))


def _no_entry(error: BaseException) -> str | None:
    """Why only the mailbox's owner can help, if so: a password that is wrong, a certificate nobody vouches for, no encryption."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return None if error.code < PERMANENT else f"the server refuses the log-in: {error.code} {error.message}"
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return f"the connection cannot be encrypted ({type(cause).__name__}: {cause.reason or 'refused'})"
        cause = cause.__cause__ or cause.__context__
    plain = isinstance(error, aiosmtplib.SMTPException) and not isinstance(
        error, aiosmtplib.SMTPResponseException | aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError
    )
    # What is left says that the server offers no encryption, or no way to log in.
    return str(error) if plain and not isinstance(error, aiosmtplib.SMTPConnectError) else None
