"""Listening to a switchboard: what it says of calls is taken in, and after each log-in what was missed is found out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import structlog

from crm.core.clock import now
from crm.notify.cancelling import heed_cancellation
from crm.notify.gateways.following import Channel, FollowedCalls, not_ended
from crm.notify.gateways.intake import Intake
from crm.notify.gateways.placing import Placing
from crm.notify.gateways.supervised import supervised
from crm.notify.gateways.wire import Disconnected
from crm.services.customers.call_intake import extensions, open_calls
from crm.services.customers.call_orders import Order
from crm.services.customers.call_reports import CallReport
from crm.services.deeds import DiallingPlan
from crm.store.database import Database
from crm.store.errors import is_away

PEOPLE_SECONDS = 30.0
"""So old may the list of extensions be. Whoever just got one is rung without a popup for as long."""
MOST_EARLY = 100_000
"""Events kept while we look at what goes on. A switchboard that sends more has us look again."""

log = structlog.get_logger("crm.gateways")

Event = Mapping[str, str]


class Connection(Protocol):
    """A switchboard that we are logged in to."""

    async def channels(self) -> list[Channel]:
        """Everything that goes on there."""

    async def place(self, order: Order) -> None:
        """Have a number dialled. `Refused`: it was not. Any other error: it may have been."""

    async def ended(self) -> None:
        """Wait for its end, and raise why."""

    async def close(self) -> None:
        """End it."""


class Switchboard(Protocol):
    """A kind of switchboard: how it is reached, and what its events mean."""

    source: str

    async def log_in(self, on_event: Callable[[Event], None]) -> Connection:
        """Connect; `on_event` is called for each event from then on."""

    def reports(self, calls: FollowedCalls, event: Event, at: datetime) -> list[CallReport]:
        """What an event says of calls; `at` counts where it does not say when it was."""


class Gateway:
    """One switchboard and the database."""

    def __init__(self, database: Database, switchboard: Switchboard, plan: DiallingPlan) -> None:
        self.database, self.switchboard, self.source = database, switchboard, switchboard.source
        self.intake = Intake(database, plan)
        self.placing = Placing(database, self.source, plan, self.intake)
        self._extensions: frozenset[str] = frozenset()
        self.calls = FollowedCalls(self.source, lambda extension: extension in self._extensions)

    async def run(self) -> None:
        """Listen, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.intake.run())
            group.create_task(self.placing.run())
            group.create_task(self._know_people())
            group.create_task(supervised(self.source, self._session))

    async def _session(self, of_use: Callable[[], None]) -> None:
        """One connection: what is said while we look at what goes on waits until we have looked."""
        self._extensions = await extensions(self.database)
        early: list[Event] = []
        looked = False

        def heard(event: Event) -> None:
            if looked:
                self.intake.put(self._reports(event))
            elif len(early) < MOST_EARLY:
                early.append(event)

        connection = await self.switchboard.log_in(heard)
        try:
            reports = await self._missed(connection)
            if len(early) >= MOST_EARLY:
                raise Disconnected("More happened than could be kept while we looked.")
            looked = True
            for event in early:
                reports += self._reports(event)
            early.clear()
            self.intake.put(not_ended(reports))
            of_use()
            with self.placing.through(connection, self.calls):
                await connection.ended()
        finally:
            await connection.close()

    async def _missed(self, connection: Connection) -> list[CallReport]:
        """What goes on, and what went on before and is there no more: a switchboard tells nothing twice."""
        await self.intake.drained()
        known = await open_calls(self.database, self.source)
        at = now()
        return self.calls.resume(await connection.channels(), known, at)

    def _reports(self, event: Event) -> list[CallReport]:
        """A switchboard says what it likes: an event that we cannot make sense of costs no other."""
        try:
            return self.switchboard.reports(self.calls, event, now())
        except Exception:
            log.exception("an event of the switchboard was not understood", gateway=self.source, name=event.get("event"))
            return []

    async def _know_people(self) -> None:
        while True:
            heed_cancellation()
            await asyncio.sleep(PEOPLE_SECONDS)
            try:
                self._extensions = await extensions(self.database)
            except Exception as error:
                if not is_away(error):
                    raise
