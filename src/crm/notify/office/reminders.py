"""Reminders when they fall due."""

from __future__ import annotations

from crm.notify.timers import when_due
from crm.services.office.reminders import fire_due, next_due
from crm.services.topics import Topic
from crm.store.database import Database


async def run(database: Database) -> None:
    """Fire what is due, batch after batch, until cancelled."""
    await when_due(Topic.REMINDERS, database, next_due, fire_due)
