"""Sending reminders that go out as messages: by whatever takes messages of their channel."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from crm.core.clock import now
from crm.notify.gateways.smtp import Mailer, NoMailer
from crm.notify.timers import when_due
from crm.rules.office.reminder_flow import ReminderChannel
from crm.services.office.reminder_messages import Message, Sent, next_try, settle, take
from crm.services.topics import Topic
from crm.store.database import Database

AT_ONCE = 4
"""So many are marked as being sent: with a process that dies these alone are uncertain."""


class Outlet(Protocol):
    """What takes messages of one channel. Another channel is one more entry of the mapping that `run` is given."""

    async def send(self, message: Message) -> Sent:
        """Hand one over; never an exception."""

    async def close(self) -> None:
        """Nothing more will be sent."""


Outlets = Mapping[ReminderChannel, Outlet]


def outlets_of(smtp_url: str | None) -> Outlets:
    """The outlets there are by the settings."""
    return {ReminderChannel.EMAIL: Mailer(smtp_url) if smtp_url else NoMailer()}


async def run(database: Database, smtp_url: str | None) -> None:
    """Send what waits, until cancelled."""
    outlets = outlets_of(smtp_url)
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
