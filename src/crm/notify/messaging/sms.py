"""Short messages on their way out, and what they leave behind in the history of their parties."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.config import Settings
from crm.notify.gateways.sms.driver import CannotSend, Text
from crm.notify.gateways.sms.drivers import Drivers
from crm.notify.messaging.outbound import Outgoing
from crm.notify.timers import each
from crm.rules.messaging.sending import Medium, Outcome, Result
from crm.rules.messaging.sms_text import parts_of
from crm.services.customers import sms_filing
from crm.services.deeds import Channel, DiallingPlan, deed
from crm.services.messaging import sms_dispatch, sms_replies, sms_reports
from crm.services.messaging.sms_dispatch import Letter
from crm.services.messaging.sms_replies import Reply
from crm.services.messaging.sms_reports import Receipt
from crm.services.system.accounts import SYSTEM
from crm.store.database import Database

FILING_SECONDS = 1.0


class SmsSender:
    """The medium SMS."""

    medium = Medium.SMS

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.dialling = DiallingPlan.of(settings)
        self.drivers = Drivers(settings, self.heard)

    async def heard(self, account: Mapping[str, Any], report: Receipt | Reply) -> None:
        """What came back over the line of a driver: as if the hook had brought it."""
        async with deed(self.database, SYSTEM, "sms", channel=Channel.SYSTEM, dialling=self.dialling) as opened:
            if isinstance(report, Receipt):
                await sms_reports.receipts(opened, account["id"], [report])
            else:
                await sms_replies.receive_all(opened, account, [report])

    async def next_due(self, database: Database, full: Collection[UUID]) -> datetime | None:
        """When an account may send something, and has room for it."""
        return await sms_dispatch.next_due(database, full)

    async def take(self, database: Database, most: int, flying: Mapping[UUID, int]) -> Sequence[Letter]:
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

    async def close(self) -> None:
        """Close the drivers."""
        await self.drivers.close()


def _text(letter: Letter) -> Text:
    message = letter.message
    return Text(
        id=message["id"], to=message["e164"], text=message["text"], parts=tuple(parts_of(message["text"])),
        encoding=message["encoding"], category=message["category"], template=message["provider_code"], repeat=letter.repeat,
    )  # fmt: skip


async def run(database: Database, settings: Settings) -> None:
    """Send short messages, until cancelled."""
    await Outgoing(database, SmsSender(database, settings)).run()


async def file(database: Database) -> None:
    """Make activities of what was sent and received, until cancelled."""
    await each("sms activities", database, FILING_SECONDS, file_all)


async def file_all(database: Database) -> int:
    """All there is to file now."""
    filed = 0
    while found := await sms_filing.file(database):
        filed += found
    return filed
