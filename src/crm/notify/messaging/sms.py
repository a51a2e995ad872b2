"""Short messages on their way out, and what they leave behind in the history of their parties."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from crm.config import Settings
from crm.notify.gateways.sms.driver import CannotSend, Text
from crm.notify.gateways.sms.drivers import Drivers
from crm.notify.messaging.outbound import Outgoing
from crm.notify.timers import each
from crm.rules.messaging.sending import Medium, Outcome, Result
from crm.rules.messaging.sms_text import parts_of
from crm.services.customers import sms_filing
from crm.services.deeds import DiallingPlan
from crm.services.messaging import sms_dispatch, sms_intake, sms_lost
from crm.services.messaging.sms_dispatch import Letter
from crm.services.messaging.sms_replies import Reply
from crm.services.messaging.sms_reports import Receipt
from crm.store.database import Database
from crm.store.errors import is_away

FILING_SECONDS = 1.0
LISTEN_SECONDS = 5.0
"""So long is nothing heard after a start, and after a session was lost."""
PAUSE_AFTER_FAILURE = 1.0

log = structlog.get_logger("crm.sms")


class SmsSender:
    """The medium SMS."""

    medium = Medium.SMS

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.dialling = DiallingPlan.of(settings)
        self.drivers = Drivers(settings, self.heard)
        self._deaf: dict[UUID, str] = {}
        self._listening: asyncio.Task[None] | None = None

    async def heard(self, account: Mapping[str, Any], report: Receipt | Reply) -> None:
        """What came back over the line of a driver: as if the hook had brought it.

        Whoever told it was answered already and will not tell it again, so while the database is away it is kept.
        """
        while True:
            try:
                await sms_intake.take_in(self.database, account, [report], self.dialling, "sms")
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("a report waits, the database is away", reason=type(error).__name__)
                await asyncio.sleep(PAUSE_AFTER_FAILURE)
            else:
                return

    def keep_listening(self) -> None:
        """Have every account hear what comes back, until this is closed: replies wait for that, whatever is sent."""
        self._listening = asyncio.create_task(each("sms sessions", self.database, LISTEN_SECONDS, self.listen))

    async def listen(self, database: Database) -> int:
        """Bind the accounts that are not bound; how many there are."""
        accounts = await sms_dispatch.listening(database)
        await asyncio.gather(*(self._listen(each) for each in accounts))
        return len(accounts)

    async def _listen(self, account: Mapping[str, Any]) -> None:
        try:
            await (await self.drivers.of(account)).listen()
        except CannotSend as error:
            reason = str(error)
            if self._deaf.get(account["id"]) != reason:
                log.warning("an account does not hear", account=account["code"], reason=reason)
            self._deaf[account["id"]] = reason
        else:
            self._deaf.pop(account["id"], None)

    async def next_due(self, database: Database, full: Collection[UUID]) -> datetime | None:
        """When an account may send something, and has room for it."""
        return await sms_dispatch.next_due(database, full)

    async def take(self, database: Database, most: int, flying: Collection[Letter]) -> Sequence[Letter]:
        """Claim what is due."""
        return await sms_dispatch.take(database, most, flying)

    async def send(self, letter: Letter) -> Outcome:
        """One try by the driver of its account."""
        if letter.outcome is not None:
            return letter.outcome
        try:
            driver = await self.drivers.of(letter.account)
        except CannotSend as error:
            return Outcome(Result.NOT_SENT, detail=str(error))
        return await driver.send(_text(letter))

    async def settle(self, database: Database, ended: Sequence[tuple[Letter, Outcome]]) -> None:
        """Write down how they ended."""
        await sms_dispatch.settle(database, ended)

    async def lose(self, database: Database, letter: Letter) -> None:
        """Write down that nobody knows how it ended."""
        await sms_lost.lose(database, letter)

    async def close(self) -> None:
        """Close the drivers."""
        if self._listening is not None:
            # First, or it would bind again what is closed here.
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await self.drivers.close()


def _text(letter: Letter) -> Text:
    message = letter.message
    return Text(
        id=message["id"], to=message["e164"], text=message["text"], parts=tuple(parts_of(message["text"])),
        encoding=message["encoding"], category=message["category"], template=message["provider_code"], repeat=letter.repeat,
    )  # fmt: skip


async def run(database: Database, settings: Settings) -> None:
    """Send short messages and hear what comes back, until cancelled."""
    sender = SmsSender(database, settings)
    sender.keep_listening()
    await Outgoing(database, sender).run()


async def file(database: Database) -> None:
    """Make activities of what was sent and received, until cancelled."""
    await each("sms activities", database, FILING_SECONDS, file_all)


async def file_all(database: Database) -> int:
    """All there is to file now."""
    filed = 0
    while found := await sms_filing.file(database):
        filed += found
    return filed
