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
    """Collects (announcement, person) and writes them in one statement; none is lost while the process lives."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._waiting: set[tuple[UUID, UUID]] = set()
        self._some = asyncio.Event()

    def delivered(self, event: Event, people: Sequence[UUID]) -> None:
        """An announcement was written to the sockets of these people."""
        self._waiting.update((event.record_id, person) for person in people)
        self._some.set()

    async def run(self) -> None:
        """Write what was collected, until cancelled."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._some.clear()
            taken, self._waiting = self._waiting, set()
            try:
                await mark_delivered(self.database, sorted(taken))
            except Exception as error:  # noqa: BLE001 - whatever the driver raises, they are kept and written later
                log.warning("receipts wait", reason=type(error).__name__)
                self._waiting |= taken
                self._some.set()
                await asyncio.sleep(1)
