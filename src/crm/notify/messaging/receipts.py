"""Delivered: announcements that were written to sockets are marked so, many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog

from crm.notify.brokers import Event
from crm.services.messaging.receipts import mark_delivered
from crm.store.database import Database

GATHER_SECONDS = 0.2

log = structlog.get_logger("crm.receipts")


class Receipts:
    """Collects who got which announcement, and writes each by one statement; none is lost while the process lives."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting: dict[UUID, set[UUID]] = {}
        self._some = asyncio.Event()

    def delivered(self, event: Event, people: Sequence[UUID]) -> None:
        """An announcement was written to the sockets of these people."""
        self._waiting.setdefault(event.record_id, set()).update(people)
        self._some.set()

    async def run(self) -> None:
        """Write what was collected, until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._some.clear()
            while self._waiting:
                announcement, people = self._waiting.popitem()
                try:
                    await mark_delivered(self.database, announcement, people)
                except Exception as error:  # noqa: BLE001 - whatever the driver raises, they are kept and written later
                    log.warning("receipts wait", reason=type(error).__name__)
                    self._waiting.setdefault(announcement, set()).update(people)
                    self._some.set()
                    await asyncio.sleep(1)
