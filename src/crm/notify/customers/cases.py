"""Service cases that are running late."""

from __future__ import annotations

from crm.notify.timers import each
from crm.services.customers.case_watch import sweep
from crm.store.database import Database

SECONDS = 10.0


async def run(database: Database) -> None:
    """Look for late cases every few seconds, until cancelled."""
    await each("late cases", database, SECONDS, sweep)
