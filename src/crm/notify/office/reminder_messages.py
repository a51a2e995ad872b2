"""Sending reminders that go out as messages: by whatever takes messages of their channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import structlog

from crm.core.clock import now
from crm.notify.gateways.smtp import Mailer, NoMailer
from crm.notify.timers import when_due
from crm.rules.office.reminder_flow import ReminderChannel
from crm.services.deeds import DiallingPlan
from crm.services.office.reminder_messages import Message, Sent, next_try, settle, take
from crm.services.office.reminder_texts import hand_over
from crm.services.topics import Topic
from crm.store.database import Database

log = structlog.get_logger("crm.reminders")

AT_ONCE = 4
"""So many are marked as being sent: with a process that dies these alone are uncertain."""


class Outlet(Protocol):
    """What takes messages of one channel. Another channel is one more entry of the mapping that `run` is given."""

    async def send(self, message: Message) -> Sent:
        """Hand one over; never an exception."""

    async def close(self) -> None:
        """Nothing more will be sent."""


Outlets = Mapping[ReminderChannel, Outlet]


class Texts:
    """The outlet of short messages, which have a queue of their own with all that belongs to it: rates, receipts, opt-outs."""

    def __init__(self, database: Database, dialling: DiallingPlan) -> None:
        self.database, self.dialling = database, dialling

    async def send(self, message: Message) -> Sent:
        """Queue one. Where that fails nothing was queued, or what was is known by the reminder's id."""
        try:
            return await hand_over(self.database, message, self.dialling)
        except Exception as error:  # noqa: BLE001 - whatever it is, the reminder waits and is tried again
            log.warning("a reminder could not be queued as a short message", reminder=str(message.id), reason=repr(error))
            return Sent.LATER

    async def close(self) -> None:
        """Nothing is open."""


def outlets_of(database: Database, smtp_url: str | None, dialling: DiallingPlan) -> Outlets:
    """The outlets there are by the settings."""
    return {
        ReminderChannel.EMAIL: Mailer(smtp_url) if smtp_url else NoMailer(),
        ReminderChannel.SMS: Texts(database, dialling),
    }


async def run(database: Database, smtp_url: str | None, dialling: DiallingPlan) -> None:
    """Send what waits, until cancelled."""
    outlets = outlets_of(database, smtp_url, dialling)
    channels = [channel.value for channel in outlets]

    async def look(database: Database) -> datetime | None:
        return await next_try(database, channels)

    async def act(database: Database, at: datetime) -> int:
        return await deliver(database, outlets, at)

    try:
        await when_due(Topic.REMINDERS, database, look, act)
    finally:
        await asyncio.gather(*(outlet.close() for outlet in outlets.values()))


async def deliver(database: Database, outlets: Outlets, at: datetime) -> int:
    """Send some of what waits, all of them at once; how many were looked at."""
    messages, looked_at = await take(database, at, [channel.value for channel in outlets], AT_ONCE)
    await asyncio.gather(*(_sent(database, outlets, message) for message in messages))
    return looked_at


async def _sent(database: Database, outlets: Outlets, message: Message) -> None:
    sent = await outlets[ReminderChannel(message.channel)].send(message)
    await settle(database, message, sent, now())
