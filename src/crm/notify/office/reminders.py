"""Reminders when they fall due."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from crm.core.clock import now
from crm.notify.timers import when_due
from crm.services.deeds import Channel
from crm.services.office.reminder_firing import BATCH, fire_due, next_due
from crm.services.office.reminder_plans import plan_anew
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic
from crm.store.database import Database

STEP = timedelta(seconds=30)
"""By so much the clock must have gone back: less is a clock being kept right."""
AT_ONCE = 100

log = structlog.get_logger("crm.reminders")


class Clock:
    """Whether the wall clock went back, by one that never does."""

    def __init__(self) -> None:
        self._seen, self._steady = now(), time.monotonic()

    def went_back(self) -> bool:
        """Since the last look."""
        at, steady = now(), time.monotonic()
        expected = self._seen + timedelta(seconds=steady - self._steady)
        self._seen, self._steady = at, steady
        return at < expected - STEP


async def run(database: Database) -> None:
    """Fire what is due, batch after batch, until cancelled."""
    clock = Clock()

    async def look(database: Database) -> datetime | None:
        if clock.went_back():
            log.warning("the clock went back, reminders are planned anew")
            await replan(database)
        return await next_due(database)

    await when_due(Topic.REMINDERS, database, look, fire_all)


async def fire_all(database: Database, at: datetime) -> int:
    """Everything that is due at an instant; how many reminders there are of it."""
    total = found = await fire_due(database, at)
    while found >= BATCH:
        found = await fire_due(database, at)
        total += found
    return total


async def replan(database: Database) -> None:
    """Look again what comes next of every repeating event, some of them at a time.

    A clock that ran ahead and was put right has moved every series on past what did not take place yet.
    """
    last: UUID | None = UUID(int=0)
    while last is not None:
        async with system_deed(database, "reminders", channel=Channel.SCHEDULE) as deed:
            last = await plan_anew(deed, last, AT_ONCE)
