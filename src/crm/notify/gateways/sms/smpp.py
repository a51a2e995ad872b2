"""The SMPP driver (version 3.4), an extra: `pip install crm[smpp]`.

One session, bound as transceiver when something is to be sent and again after it was lost. Each part of a message is a
`submit_sm`; parts of one message carry a header that joins them on the telephone. Receipts and replies come back over the same
session, and are handed on as if the hook had brought them.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog

from crm.core.clock import now
from crm.notify.gateways.peers import Forbidden, addresses_of, first_of
from crm.notify.gateways.sms.driver import CannotSend, Text, Way
from crm.rules.messaging.sending import Outcome, Result
from crm.rules.messaging.sms_receipts import Reported
from crm.rules.messaging.sms_text import SmsEncoding, encoded
from crm.services.messaging.sms_replies import Reply
from crm.services.messaging.sms_reports import Receipt

ANSWER_SECONDS = 15.0
CONNECT_SECONDS = 5.0
BIND_SECONDS = 20.0
"""With the wait for whoever binds already."""
PARTS_SECONDS = 60.0
"""For all parts of a message."""
FORGET_SECONDS = 2.0
"""For each step of leaving a session. All of it ends before the claim of a message does: else somebody sends it once more."""
QUEUE_FULL, THROTTLED, SYSTEM_ERROR = 0x14, 0x58, 0x08
JOINED, RECEIPT = 0x40, 0x04
CODINGS = {SmsEncoding.GSM7: 0, SmsEncoding.UCS2: 8}
INTERNATIONAL, ISDN = 1, 1
PATIENCE = timedelta(seconds=2)

_STATES = {
    "DELIVRD": Reported.DELIVERED, "UNDELIV": Reported.FAILED, "REJECTD": Reported.FAILED, "DELETED": Reported.FAILED,
    "EXPIRED": Reported.EXPIRED, "ACCEPTD": Reported.ACCEPTED, "ENROUTE": Reported.ACCEPTED, "UNKNOWN": Reported.UNKNOWN,
}  # fmt: skip
_RECEIPT = re.compile(rb"id:\s*(\S+).*?stat:\s*(\w+)(?:.*?err:\s*(\w+))?", re.DOTALL)

log = structlog.get_logger("crm.sms")

Heard = Callable[[Receipt | Reply], Awaitable[None]]


class SmppDriver:
    """One account at a message centre. `heard` gets what comes back over its session."""

    def __init__(self, way: Way, heard: Heard) -> None:
        try:
            import smpp34
        except ImportError:
            raise CannotSend("SMPP needs the extra: pip install crm[smpp]") from None
        if not way.url:
            raise CannotSend("the account has no address")
        try:
            self.address = urlsplit(way.url)
            self.port = self.address.port or 2775
        except ValueError:
            raise CannotSend("the address of the account is none") from None
        self._library: Any = smpp34
        self.way, self.heard = way, heard
        self._client: Any = None
        self._session: Any = None
        self._listening: asyncio.Task[None] | None = None
        self._binding = asyncio.Lock()

    async def send(self, text: Text) -> Outcome:
        """Every part, in order. What got no answer leaves it open whether the message arrives, and only that."""
        try:
            session = await self._reached()
        except CannotSend as error:
            return Outcome(Result.NOT_SENT, detail=str(error)[:150])
        names: list[str] = []
        try:
            async with asyncio.timeout(PARTS_SECONDS):
                failed = await self._submit_all(session, text, names)
        except TimeoutError:
            failed = Outcome(Result.DOUBTFUL, detail=f"{len(names)} of {len(text.parts)} parts were taken in time")
        return failed or Outcome(Result.ACCEPTED, tuple(names))

    async def listen(self) -> None:
        """Bind, so that receipts and replies come in, whether anything is sent or not."""
        await self._reached()

    async def close(self) -> None:
        """Unbind, and hand on what came until then."""
        await self._forget(self._session)

    async def _reached(self) -> Any:
        """The session, or `CannotSend` and why there is none."""
        try:
            async with asyncio.timeout(BIND_SECONDS):
                return await self._bound()
        except Forbidden as error:
            raise CannotSend(str(error)) from None
        except (self._library.SmppError, OSError, TimeoutError, ValueError) as error:
            raise CannotSend(f"the message centre cannot be reached ({error})") from error

    async def _submit_all(self, session: Any, text: Text, names: list[str]) -> Outcome | None:
        """How it failed, if so. `names` gets the centre's name for each part that it took.

        Asked for patience between two parts, wait and go on with that part: to begin again would repeat those that were taken.
        """
        while len(names) < len(text.parts):
            failed, name = await self._submit(session, text, len(names))
            if failed is None:
                names.append(name)
            elif names and failed.result is Result.THROTTLED:
                await asyncio.sleep(PATIENCE.total_seconds())
            else:
                return failed
        return None

    async def _submit(self, session: Any, text: Text, place: int) -> tuple[Outcome | None, str]:
        encoding = SmsEncoding(text.encoding)
        body = encoded(text.parts[place], encoding)
        if joined := len(text.parts) > 1:
            # One reference for all parts, from the message's id, so that a repeated message joins with itself.
            body = bytes((5, 0, 3, text.id.int & 0xFF, len(text.parts), place + 1)) + body
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await session.submit_sm(
                    text.to.removeprefix("+"), body, source_addr=self.way.sender or "", dest_addr_ton=INTERNATIONAL,
                    dest_addr_npi=ISDN, esm_class=JOINED if joined else 0, registered_delivery=1, data_coding=CODINGS[encoding],
                )  # fmt: skip
        except (self._library.SmppError, OSError, TimeoutError) as error:
            await self._forget(session)
            return Outcome(Result.DOUBTFUL, detail=f"no answer came ({type(error).__name__})"), ""
        if answer.is_success:
            return None, str(answer.message_id or "")
        detail = f"command status 0x{answer.command_status:08x}"
        if answer.command_status in (QUEUE_FULL, THROTTLED, SYSTEM_ERROR):
            return Outcome(Result.THROTTLED, detail=detail, after=PATIENCE), ""
        return Outcome(Result.REJECTED, detail=detail), ""

    async def _bound(self) -> Any:
        """The session; bound now if there is none. Whoever comes meanwhile waits for it."""
        async with self._binding:
            if self._session is None:
                async with asyncio.timeout(CONNECT_SECONDS):
                    names = await self._names()
                self._session = await first_of(names, CONNECT_SECONDS * 2, self._connect)
                self._listening = asyncio.create_task(self._listen(self._session))
            return self._session

    async def _names(self) -> list[str]:
        """By what the centre is connected to: addresses that were judged.

        With TLS it is the name again, since the certificate is for the name; should it lead elsewhere by then, the certificate
        of whoever is there is wrong, and the secret stays with us.
        """
        host = self.address.hostname or ""
        addresses = await addresses_of(host, self.port, private=self.way.private)
        return [host] if self.address.scheme == "smpps" else addresses

    async def _connect(self, name: str) -> Any:
        parts = self.address
        self._client = self._library.Client(
            name, self.port, unquote(parts.username or ""), unquote(parts.password or "") or self.way.secret,
            bind_type="TRX", tls=parts.scheme == "smpps", connect_timeout_ms=int(CONNECT_SECONDS * 1000),
        )  # fmt: skip
        try:
            return await self._client.connect()
        except BaseException:
            with suppress(Exception):
                await self._client.stop()
            raise

    async def _listen(self, session: Any) -> None:
        """Hand on what comes, until the session ends."""
        while True:
            event = await session.next()
            if isinstance(event, self._library.Disconnected):
                break
            try:
                await self.heard(_heard(event))
            except Exception as error:  # noqa: BLE001 - one report must not end the session; the centre has been answered already
                log.warning("a report of the message centre was lost", reason=type(error).__name__)
        if self._session is session:
            self._session = None

    async def _forget(self, session: Any) -> None:
        """Leave this session, unless somebody has bound another one since.

        The centre has been answered for all that came in, so whoever listens gets time to hand it on.
        """
        if session is None or self._session is not session:
            return
        client, listening = self._client, self._listening
        self._session = self._client = self._listening = None
        with suppress(Exception):
            async with asyncio.timeout(FORGET_SECONDS):
                await session.unbind()
        with suppress(Exception):
            async with asyncio.timeout(FORGET_SECONDS):
                await client.stop()
        if listening is not None:
            await asyncio.wait({listening}, timeout=FORGET_SECONDS)
            listening.cancel()


def _heard(event: Any) -> Receipt | Reply:
    """A `deliver_sm`, as the hook would have told of it. SMPP names no events, so its content is its name."""
    body = bytes(event.short_message)
    if event.esm_class & RECEIPT and (found := _RECEIPT.search(body)):
        name, state, error = (part.decode("ascii", "replace") if part else "" for part in found.groups())
        reported = _STATES.get(state.upper(), Reported.UNKNOWN)
        return Receipt(f"{name} {reported}"[:64], reported, now(), provider_id=name[:64], detail=error or None)
    text = body.decode("utf-16-be", "replace") if event.data_coding == 8 else body.decode("latin-1")
    at = now()
    key = hashlib.sha256(f"{event.source_addr} {at.timestamp():.0f}".encode() + body).hexdigest()
    sender = event.source_addr if event.source_addr_ton != INTERNATIONAL else f"+{event.source_addr.removeprefix('+')}"
    return Reply(key, sender, text.replace("\0", "")[:2000], at)
