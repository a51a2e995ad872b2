"""Announcements that wait for their time."""

from __future__ import annotations

from datetime import datetime

from crm.notify.timers import when_due
from crm.services.messaging.due import expire_due, next_due, publish_due
from crm.services.topics import Topic
from crm.store.database import Database


async def run(database: Database) -> None:
    """Publish and let expire what is due, until cancelled."""
    await when_due(Topic.ANNOUNCEMENTS, database, next_due, _act)


async def _act(database: Database, at: datetime) -> int:
    return await publish_due(database, at) + await expire_due(database, at)
