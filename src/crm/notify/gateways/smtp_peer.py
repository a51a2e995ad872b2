"""One SMTP server and a few kept connections to it; the steps of a delivery are taken one by one.

What a broken connection means depends on the step: before the content went out nothing was taken, after it nobody knows. A
recipient that is refused keeps nobody else from getting the message. `STARTTLS` is demanded where it is chosen: offered and used
only where it happens to be there, whoever sits on the line could take the offer away.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiosmtplib
import structlog
from aiosmtplib.protocol import normalize_message_line_endings

from crm.notify.gateways.peers import Forbidden, dialled
from crm.rules.messaging.email_outcomes import PERMANENT, TEMPORARY, TOO_LARGE, Answer, Delivered, result_of
from crm.rules.messaging.mail_hosts import MailSecurity
from crm.rules.messaging.mime_charsets import text_of
from crm.rules.messaging.sending import Result

SECONDS = 20.0
"""For each step."""
OVERALL = 75.0
"""For all of them up to the content."""
PATIENCE = 600.0
"""For the answer to the content: a server that looks through it first takes minutes (RFC 5321, 4.5.3.2.6), and one that is not
waited for gets it again. Longer than a try is held (`services/messaging/outbound.py`), so whoever waits renews that."""
START, TAKEN = 354, 250
STALE = 2
"""A kept connection may have been closed while it was idle: then the message begins anew on another one, once."""
POSITIVE = 2
"""The first digit of an answer that says yes."""
AWAY = "the server cannot be reached"

log = structlog.get_logger("crm.smtp")


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


class SmtpPeer:
    """Sends, over at most so many connections; ask it from one loop."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self._idle: asyncio.LifoQueue[_Line] = asyncio.LifoQueue()
        self._closed = False
        for _ in range(login.connections):
            self._idle.put_nowait(_Line(login))

    async def deliver(
        self, sender: str, addresses: Sequence[str], content: bytes, patience: float = SECONDS
    ) -> Delivered:  # fmt: skip
        """What came of it; never an exception, or one message would hold up all others. `patience`: for the last answer."""
        async with self._line() as line:
            delivery = _Delivery(line, sender, addresses, content)
            try:
                async with asyncio.timeout(OVERALL) as limit:
                    return await delivery.run(lambda: limit.reschedule(asyncio.get_running_loop().time() + patience))
            except NoEntry as error:
                line.close()
                return Delivered(Result.NOT_SENT, detail=str(error), login=True)
            except Exception as error:  # noqa: BLE001 -- whatever a server or the network does, the step says what it means
                line.close()
                _let_go(error)
                log.info("mail was not sent", host=self.login.host, reason=type(error).__name__, step=delivery.step)
                if delivery.handed_over:
                    return Delivered(Result.DOUBTFUL, delivery.refused, detail="no answer came after the content was sent")
                return Delivered(Result.NOT_SENT, detail=f"{AWAY} ({type(error).__name__})")

    async def try_login(self) -> str | None:
        """Log in once on a connection of its own; None where that works, else why not."""
        line = _Line(self.login)
        try:
            async with asyncio.timeout(OVERALL):
                await line.open()
        except NoEntry as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 -- as above
            return f"{AWAY} ({type(error).__name__})"
        finally:
            await line.goodbye()
        return None

    async def close(self) -> None:
        """Say goodbye where a connection is open; those in use follow when they are done."""
        self._closed = True
        idle = [self._idle.get_nowait() for _ in range(self._idle.qsize())]
        for line in idle:
            await line.goodbye()
            self._idle.put_nowait(line)

    @asynccontextmanager
    async def _line(self) -> AsyncIterator[_Line]:
        line = await self._idle.get()
        try:
            yield line
        finally:
            try:
                if self._closed:
                    await line.goodbye()
            finally:
                self._idle.put_nowait(line)


def _let_go(error: BaseException) -> None:
    """Of the content, megabytes perhaps: errors of a connection refer to themselves, and to all that was at hand."""
    found: BaseException | None = error
    while found is not None:
        found.__traceback__ = None
        found = found.__cause__ or found.__context__


class _Line:
    """One connection, open or not."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.client: aiosmtplib.SMTP | None = None

    @property
    def is_open(self) -> bool:
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
                raise NoEntry(_text(why)) from None
            raise
        return self.client

    def close(self) -> None:
        if self.client is not None:
            self.client.close()
        self.client = None

    async def goodbye(self) -> None:
        if self.client is not None and self.client.is_connected:
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await self.client.quit(timeout=1)
        self.close()


class _Delivery:
    """One message on its way, and how far it came."""

    def __init__(self, line: _Line, sender: str, addresses: Sequence[str], content: bytes) -> None:
        self.line, self.sender, self.addresses, self.content = line, sender, addresses, content
        self.handed_over, self.step = False, "connect"
        self.refused: Mapping[str, Answer] = {}

    async def run(self, wait: Callable[[], None]) -> Delivered:
        """Take the steps; `wait` is called when nothing but the last answer is still to come."""
        for attempt in range(STALE):
            kept = self.line.is_open
            try:
                return await self._steps(wait)
            except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
                if self.handed_over or not kept or attempt:
                    raise
                self.line.close()
        raise AssertionError("the last attempt returns or raises")

    async def _steps(self, wait: Callable[[], None]) -> Delivered:
        client = await self.line.open()
        self.step = "mail"
        try:
            await client.mail(self.sender, options=_options(client, self.content))
        except aiosmtplib.SMTPSenderRefused as refusal:
            return await self._turned_down(client, refusal)
        self.step = "rcpt"
        answers = {address: await _asked(client, address) for address in self.addresses}
        taken = [address for address, answer in answers.items() if answer.code < TEMPORARY]
        self.refused = {address: answer for address, answer in answers.items() if address not in taken}
        if not taken:
            await _reset(client)
            return Delivered(result_of(list(answers.values())), answers, detail=_words(answers.values()))
        self.step = "data"
        told = _answer(await client.execute_command(b"DATA"))
        if told.code == START:
            told = await self._handed(client, wait)
        elif told.code < TEMPORARY:
            raise aiosmtplib.SMTPDataError(told.code, told.text)  # It makes no sense there; nothing has left.
        if told.code >= TEMPORARY:
            await _reset(client)
        self.handed_over = False
        answers |= dict.fromkeys(taken, told)
        result = result_of(list(answers.values()))
        return Delivered(result, answers, detail=None if result is Result.ACCEPTED else _words(answers.values()))

    async def _handed(self, client: aiosmtplib.SMTP, wait: Callable[[], None]) -> Answer:
        """The content, and what is said of it. A refusal is certain, whatever it says; what makes no sense there is no answer."""
        if client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        wait()
        self.step, self.handed_over = "content", True
        client.protocol.write(_on_the_wire(self.content))
        told = _answer(await client.protocol.read_response())
        if told.code < TEMPORARY and told.code != TAKEN:
            raise aiosmtplib.SMTPDataError(told.code, told.text)
        return told

    async def _turned_down(self, client: aiosmtplib.SMTP, refusal: aiosmtplib.SMTPSenderRefused) -> Delivered:
        """A message too large is refused for good; anything else about the sender is for the mailbox's owner to mend."""
        await _reset(client)
        answer = _answer(refusal)
        words = f"{answer.code} {answer.text}"
        if answer.code == TOO_LARGE:
            return Delivered(Result.REJECTED, dict.fromkeys(self.addresses, answer), detail=words)
        return Delivered(Result.THROTTLED, detail=words, login=refusal.code >= PERMANENT)


async def _asked(client: aiosmtplib.SMTP, address: str) -> Answer:
    try:
        return _answer(await client.rcpt(address))
    except aiosmtplib.SMTPRecipientRefused as refusal:
        if refusal.code < TEMPORARY and refusal.code // 100 != POSITIVE:
            raise
        return _answer(refusal)


def _answer(said: aiosmtplib.SMTPResponse | aiosmtplib.SMTPResponseException) -> Answer:
    return Answer(said.code, _text(said.message))


def _text(message: str) -> str:
    """What a server said, as text that can be kept: many speak their own language, in a charset they do not name."""
    return text_of(message.encode("utf-8", "surrogateescape"))


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Ready for the next message; a server that has hung up is found out then."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.rset()


def _on_the_wire(content: bytes) -> bytes:
    """As it stands between DATA and its end: lines end in CRLF, and none but the last is a dot alone."""
    if not content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n") or not content.endswith(b"\r\n"):
        content = normalize_message_line_endings(content)
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if content.startswith(b".") else b"") + stuffed + b".\r\n"


def _options(client: aiosmtplib.SMTP, content: bytes) -> list[str]:
    return [f"SIZE={len(content)}"] if client.supports_extension("size") else []


def _words(answers: Iterable[Answer]) -> str:
    """What the server said, once for each way of saying it."""
    said = dict.fromkeys(f"{each.code} {each.text}" for each in answers if each.code >= TEMPORARY)
    return "; ".join(said)


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
