"""From a switchboard's connection into the database: in order, many at once, and none lost while the database is away."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

import structlog

from crm import metrics
from crm.notify.cancelling import heed_cancellation
from crm.services.customers.call_intake import take_in
from crm.services.customers.call_reports import CallReport
from crm.services.deeds import Database, DiallingPlan
from crm.store.errors import is_away

LANES = 4
"""Calls are written side by side, as those of a webhook are."""
TOGETHER = 50
MOST_WAITING = 25_000
"""Reports that a lane keeps while the database is away: some hours of a busy switchboard. Of more the oldest are forgotten, and
counted."""
PAUSE, LONGEST_PAUSE = 0.1, 2.0

log = structlog.get_logger("crm.gateways")


class Intake:
    """Reports that wait to be written. Those of one call are written in the order in which they came."""

    def __init__(self, database: Database, plan: DiallingPlan) -> None:
        self._lanes = [_Lane(database, plan) for _ in range(LANES)]

    def put(self, reports: Iterable[CallReport]) -> None:
        """Take these; never waits."""
        for report in reports:
            self._lanes[hash(report.call_id) % LANES].put(report)

    async def run(self) -> None:
        """Write what came, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(lane.run())

    async def drained(self) -> None:
        """Wait until all that was put is written."""
        for lane in self._lanes:
            await lane.none.wait()


class _Lane:
    """Some of the calls, one batch after the other.

    What comes while one is written makes the next: a busy lane writes more at once, and a call that rings many telephones is
    written twice, not once for each of them.
    """

    def __init__(self, database: Database, plan: DiallingPlan) -> None:
        self.database, self.plan = database, plan
        self._waiting: deque[CallReport] = deque()
        self._writing: list[CallReport] = []
        self._some, self.none = asyncio.Event(), asyncio.Event()
        self.none.set()

    def put(self, report: CallReport) -> None:
        self._waiting.append(report)
        if len(self._waiting) > MOST_WAITING:
            metrics.call_events_refused.labels(self._waiting.popleft().source).inc()
        self._some.set()
        self.none.clear()

    async def run(self) -> None:
        pause = PAUSE
        while True:
            heed_cancellation()
            await self._some.wait()
            while len(self._writing) < TOGETHER and self._waiting:
                self._writing.append(self._waiting.popleft())
            try:
                await self._write(self._writing)
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("calls wait for the database", waiting=len(self._waiting), reason=type(error).__name__)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                continue
            pause = PAUSE
            self._writing = []
            if not self._waiting:
                self._some.clear()
                self.none.set()

    async def _write(self, reports: list[CallReport]) -> None:
        """All in one transaction; where one of them cannot be written, each in its own, so that it costs no other."""
        try:
            await take_in(self.database, reports, self.plan, "gateway")
        except Exception as error:
            if is_away(error):
                raise
            if len(reports) == 1:
                log.exception("a call event was not written", call=reports[0].call_id, key=reports[0].event_id)
                metrics.call_events_refused.labels(reports[0].source).inc()
                return
            for report in reports:
                await self._write([report])
        else:
            metrics.call_events_taken.labels(reports[0].source).inc(len(reports))
