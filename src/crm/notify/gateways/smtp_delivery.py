"""One message on its way to an SMTP server, step by step.

What a broken connection means depends on the step: before the content went out nothing was taken, after it nobody knows. A
recipient that is refused, or of whom the server says nothing, keeps nobody else from getting the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import aiosmtplib

from crm.notify.gateways.smtp_content import hand_over
from crm.notify.gateways.smtp_line import SECONDS, Line, text_said
from crm.rules.messaging.email_outcomes import PERMANENT, TEMPORARY, TOO_LARGE, Answer, Delivered, result_of
from crm.rules.messaging.sending import Result

START, TAKEN = 354, 250
POSITIVE = 2
"""The first digit of an answer that says yes."""
SILENT = Answer(450, "the server said nothing about this recipient")
"""It may look for a domain that is away."""


OVERALL = 75.0
"""For all steps up to the content, where no recipient takes time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many seconds a server is waited for: its answer to a recipient, each of them on the whole, the content at last."""

    recipient: float
    each: float
    content: float

    def before_content(self, recipients: int) -> float:
        """For all the steps up to it."""
        return OVERALL + self.recipient - SECONDS + self.each * recipients


BRIEF = Patience(SECONDS, 0.0, SECONDS)
"""For what is held for a short time."""
PATIENT = Patience(120.0, 10.0, 600.0)
"""A server that looks for the domain of a recipient, or through the content, takes minutes (RFC 5321, 4.5.3.2), and one that is
not waited for is asked the same again. Longer than a try is held (`services/messaging/outbound.py`): that is renewed."""


class _Silent(Exception):
    """No answer came to a recipient: the connection is out of step, and another one is needed for the rest."""


class Delivery:
    """One message on its way, and how far it came."""

    def __init__(self, line: Line, sender: str, addresses: Sequence[str], content: bytes, patience: Patience) -> None:
        self.line, self.sender, self.addresses, self.content, self.patience = line, sender, addresses, content, patience
        self.silent: dict[str, Answer] = {}
        self.handed_over, self.step = False, "connect"
        self.refused: Mapping[str, Answer] = {}

    async def run(self, wait: Callable[[], None]) -> Delivered:
        """Take the steps; `wait` is called when nothing but the last answer is still to come."""
        anew = False
        while True:
            kept = self.line.is_open
            try:
                return await self._steps(wait)
            except (aiosmtplib.SMTPServerDisconnected, ConnectionError):
                # A kept connection may have been closed while it was idle: then it begins anew on another one, once.
                if self.handed_over or not kept or anew:
                    raise
                anew = True
            except _Silent:
                pass
            self.line.close()

    async def _steps(self, wait: Callable[[], None]) -> Delivered:
        client = await self.line.open()
        self.step = "mail"
        try:
            await client.mail(self.sender, options=_options(client, self.content))
        except aiosmtplib.SMTPSenderRefused as refusal:
            return await self._turned_down(client, refusal)
        self.step = "rcpt"
        asked = [address for address in self.addresses if address not in self.silent]
        answers = self.silent | {address: await self._asked(client, address) for address in asked}
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
        self.handed_over = False  # It has been answered, however long the server takes over what comes now.
        if told.code >= TEMPORARY:
            await _reset(client)
        answers |= dict.fromkeys(taken, told)
        result = result_of(list(answers.values()))
        return Delivered(result, answers, detail=None if result is Result.ACCEPTED else _words(answers.values()))

    async def _asked(self, client: aiosmtplib.SMTP, address: str) -> Answer:
        try:
            return _answer(await client.rcpt(address, timeout=SECONDS if self.silent else self.patience.recipient))
        except aiosmtplib.SMTPRecipientRefused as refusal:
            if refusal.code < TEMPORARY and refusal.code // 100 != POSITIVE:
                raise
            return _answer(refusal)
        except aiosmtplib.SMTPTimeoutError:
            # Who answers for none of them is away.
            if len(self.silent) + 1 == len(self.addresses):
                raise
            self.silent[address] = SILENT
            raise _Silent from None

    async def _handed(self, client: aiosmtplib.SMTP, wait: Callable[[], None]) -> Answer:
        """The content, and what is said of it. A refusal is certain, whatever it says; what makes no sense there is no answer."""
        if client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        wait()
        self.step, self.handed_over = "content", True
        said, whole = await hand_over(client.protocol, self.content)
        told = _answer(said)
        if told.code < TEMPORARY and (told.code != TAKEN or not whole):
            raise aiosmtplib.SMTPDataError(told.code, told.text)
        if not whole:
            self.line.close()
        return told

    async def _turned_down(self, client: aiosmtplib.SMTP, refusal: aiosmtplib.SMTPSenderRefused) -> Delivered:
        """A message too large is refused for good; anything else about the sender is for the mailbox's owner to mend."""
        await _reset(client)
        answer = _answer(refusal)
        words = f"{answer.code} {answer.text}"
        if answer.code == TOO_LARGE:
            return Delivered(Result.REJECTED, dict.fromkeys(self.addresses, answer), detail=words)
        return Delivered(Result.THROTTLED, detail=words, login=refusal.code >= PERMANENT)


def _answer(said: aiosmtplib.SMTPResponse | aiosmtplib.SMTPResponseException) -> Answer:
    return Answer(said.code, text_said(said.message))


async def _reset(client: aiosmtplib.SMTP) -> None:
    """Ready for the next message; a server that has hung up is found out then."""
    with suppress(aiosmtplib.SMTPException, OSError):
        await client.rset()


def _options(client: aiosmtplib.SMTP, content: bytes) -> list[str]:
    return [f"SIZE={len(content)}"] if client.supports_extension("size") else []


def _words(answers: Iterable[Answer]) -> str:
    """What the server said, once for each way of saying it."""
    said = dict.fromkeys(f"{each.code} {each.text}" for each in answers if each.code >= TEMPORARY)
    return "; ".join(said)
