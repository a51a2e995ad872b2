"""Calls that nobody ended."""

from __future__ import annotations

from crm.notify.timers import each
from crm.services.customers.call_watch import sweep
from crm.store.database import Database

SECONDS = 60.0


async def run(database: Database) -> None:
    """Look for lost calls every minute, until cancelled."""
    await each("lost calls", database, SECONDS, sweep)
