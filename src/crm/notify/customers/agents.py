"""Agents who are found otherwise than before: noticed by one process of the system, and told once for each change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog

from crm.core.clock import now
from crm.notify.brokers import Broker, Event
from crm.notify.rosters.roster import Roster
from crm.notify.steady import Steady
from crm.services.customers import presence_news
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic
from crm.store.database import Database
from crm.store.errors import is_away

TURN_SECONDS = 0.5
STAY_SECONDS = 1.5
"""Longer than a process needs to hear of another one's sockets: who is told of somebody's coming must find them there."""
LEAVE_SECONDS = 5.0
"""A page that is loaded anew, a deploy or a weak network are no going."""
ALL_SECONDS = 60.0
"""How often everybody is looked at: a call that nobody files is forgotten by the clock alone."""
LATELY = timedelta(seconds=10)
BATCH = 500

log = structlog.get_logger("crm.presence")


class PresenceNews:
    """Looks at whoever may be found otherwise: by their sockets, their calls, their choice, and now and then at everybody.

    `leads` says whether this process does it for the system; two that do for a moment tell nothing twice.
    """

    def __init__(self, database: Database, roster: Roster, broker: Broker, leads: Callable[[], bool]) -> None:
        self.database = database
        self.roster = roster
        self.leads = leads
        self._steady: Steady | None = None
        self._calls: set[UUID] = set()
        self._all_at = 0.0
        broker.read(self._heard, self._lapsed)

    async def run(self) -> None:
        """Take turns, over every failure, until cancelled."""
        while True:
            await asyncio.sleep(TURN_SECONDS)
            if not self.leads():
                self._steady = None
                continue
            if not self.roster.complete:
                continue  # what is not known is not told
            try:
                await self._turn(monotonic())
            except Exception as error:
                self._lapsed()
                if is_away(error):
                    log.warning("presence is not told, the database is away", reason=type(error).__name__)
                else:
                    log.exception("presence was not told")

    async def _turn(self, at: float) -> None:
        if self._steady is None:
            await self._begin()
        assert self._steady is not None
        people = self._steady.look(self.roster.people(), at)
        calls, self._calls = self._calls, set()
        async with system_deed(self.database, "presence") as deed:
            if at >= self._all_at:
                self._all_at = at + ALL_SECONDS
                people |= await presence_news.everybody(deed)
            else:
                people |= await presence_news.concerned(deed, calls, now() - LATELY)
        await self._tell(people, self._steady.people)

    async def _begin(self) -> None:
        """Whoever was online for the process before has as long to come back as anybody."""
        async with system_deed(self.database, "presence") as deed:
            known = await presence_news.told_online(deed)
        self._steady = Steady(known, stay=STAY_SECONDS, leave=LEAVE_SECONDS)
        self._lapsed()

    async def _tell(self, people: Collection[UUID], online: Collection[UUID]) -> None:
        waiting = sorted(people)
        for start in range(0, len(waiting), BATCH):
            async with system_deed(self.database, "presence") as deed:
                await presence_news.tell(deed, waiting[start : start + BATCH], online)

    def _heard(self, event: Event) -> None:
        if event.topic is Topic.INCOMING_CALLS and self._steady is not None:
            self._calls.add(event.record_id)

    def _lapsed(self) -> None:
        self._all_at = 0.0
