"""Notifications that are too old."""

from __future__ import annotations

from crm.notify.timers import each
from crm.services.system.notifications import forget
from crm.store.database import Database

SECONDS = 3600.0


async def run(database: Database) -> None:
    """Forget old notifications every hour, until cancelled."""
    await each("old notifications", database, SECONDS, forget)
