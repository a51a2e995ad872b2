"""The press: for one event, who of its subscribers may see it now, and what each of them is shown.

One statement judges all of them. What reads nothing of a viewer is run once for all who asked the same and have the same rights,
by a viewer who is nobody (`access/nobody.py`); the rest is run for each by itself, under the rights it has by then.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast
from uuid import UUID

from crm import metrics
from crm.access.nobody import NeedsViewer, Nobody
from crm.access.viewer import Viewer
from crm.core.errors import Unauthenticated
from crm.endpoints.answers import answered
from crm.endpoints.execution import ENDED, Executor, Services
from crm.endpoints.pushes.gate import Gate
from crm.endpoints.pushes.selections import Asking, Selection
from crm.graph.context import Operation, Request, RightsMoved
from crm.graph.pushes import Pushed, Subject, subject_of
from crm.notify.brokers import Event
from crm.notify.subscriptions import Edition, Printed, Ready, Subscription
from crm.store.deadlines import deadline
from crm.store.errors import UNAVAILABLE, is_away

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 2.0
APART_AT_ONCE = 4
"""Viewers for whom a selection is run at the same time: each takes a connection, and requests want some too."""
MOST_KNOWN = 4096
MOST_KEPT = 256
KEPT_SECONDS = 3.0

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer that was rendered a moment ago, for those who come back in a crowd. Never a judgement of who may see it."""

    at: float
    epoch: int
    event: Event
    body: bytes


class Press:
    """Prints events for the hub of one process."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self._services: Services | None = None
        self._gate: Gate | None = None
        self._apart = asyncio.Semaphore(APART_AT_ONCE)
        self._depends: OrderedDict[Asking, bool] = OrderedDict()
        self._kept: OrderedDict[tuple[Asking, str, UUID], _Kept] = OrderedDict()

    def use(self, services: Services) -> None:
        """What selections reach; the hub is part of it, so it comes after."""
        self._services, self._gate = services, Gate(services.database)

    async def print(self, event: Event, cursor: str, subscribers: Sequence[Subscription], ready: Ready | None = None) -> Printed:
        """Try until it succeeds: while rights are being edited, or the database restarts, an event is not used up.

        Sockets that would have to wait too long are closed, and their clients come back with the cursor of the event before.
        """
        pause = SHORTEST_PAUSE
        while True:
            try:
                with deadline(self.executor.settings.request_seconds):
                    return await self._printed(event, cursor, subscribers, ready)
            except (RightsMoved, *UNAVAILABLE) as error:
                if not isinstance(error, RightsMoved) and not is_away(error):
                    raise
                if pause > LONGEST_PAUSE:
                    raise TimeoutError from None
                await asyncio.sleep(pause)
                pause *= 2

    async def _printed(self, event: Event, cursor: str, subscribers: Sequence[Subscription], ready: Ready | None) -> Printed:
        assert self._services is not None
        assert self._gate is not None
        verdict = await self._gate.judge(event.topic, event.record_id, subscribers)
        printed = Printed(ended=[(each, Unauthenticated(ENDED)) for each in verdict.ended])
        asked: dict[Asking, list[Subscription]] = {}
        for each in verdict.admitted:
            asked.setdefault(each.rendering.asking, []).append(each)
        if not asked:
            return printed
        metrics.groups.observe(len(asked))
        subject = await subject_of(self._services.database, event.topic, event.record_id)
        if subject is None:
            raise RightsMoved  # it went a moment ago: judged again, nobody will see it
        for asking, those in asked.items():
            body = await self._together(asking, event, cursor, subject, verdict.epoch, those[0])
            if body is not None:
                printed.editions.append((Edition(event, cursor, body), those))
            else:
                printed.editions += await self._each(event, cursor, subject, those, ready)
        return printed

    async def _together(
        self, asking: Asking, event: Event, cursor: str, subject: Subject, epoch: int, one: Subscription
    ) -> bytes | None:
        """One answer for all who asked the same with the same rights; None where it depends on who they are."""
        if self._depends.get(asking):
            return None
        now = asyncio.get_running_loop().time()
        kept = self._kept.get((asking, cursor, event.record_id))
        if kept is not None and kept.epoch == epoch and now - kept.at < KEPT_SECONDS:
            return kept.body
        viewer = cast(Viewer, Nobody(asking.rights, epoch))
        facts = Request(one.rendering.reader.facts.id, "")
        try:
            body = await self._run(
                one.rendering, viewer, facts, Pushed(cursor, event.topic, subject.row(viewer.rights)), proven=True
            )
        except NeedsViewer:
            _put(self._depends, asking, True, MOST_KNOWN)
            return None
        metrics.selections_run.labels("together").inc()
        self._keep((asking, cursor, event.record_id), _Kept(now, epoch, event, body))
        return body

    async def _each(
        self, event: Event, cursor: str, subject: Subject, those: Iterable[Subscription], ready: Ready | None
    ) -> list[tuple[Edition, list[Subscription]]]:
        """An answer for each by itself, ready while others are not; the tabs of one session share it."""
        by_session: dict[Hashable, list[Subscription]] = {}
        for each in those:
            by_session.setdefault(each.rendering.reader.viewer.session, []).append(each)

        async def one(of_session: list[Subscription]) -> tuple[Edition, list[Subscription]]:
            selection: Selection = of_session[0].rendering
            viewer = selection.reader.viewer
            async with self._apart:
                body = await self._run(
                    selection, viewer, selection.reader.facts, Pushed(cursor, event.topic, subject.row(viewer.rights))
                )
            metrics.selections_run.labels("apart").inc()
            edition = Edition(event, cursor, body)
            if ready is not None:
                ready(edition, of_session)
            return edition, of_session

        results = await asyncio.gather(*(one(group) for group in by_session.values()), return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            raise failed[0]
        return cast(list[tuple[Edition, list[Subscription]]], results)

    async def _run(self, selection: Selection, viewer: Viewer, facts: Request, root: Pushed, *, proven: bool = False) -> bytes:
        assert self._services is not None
        services, executor = self._services, self.executor

        async def reload() -> Viewer | None:
            """Rights that moved are judged by the gate again, for all at once."""
            return None

        operation = Operation(services.database, viewer, facts, reload, services, executor.plans, selection.document)
        operation.proven = proven
        result = await executor.shown(operation, selection.document, selection.asked, root)
        for error in result.errors or ():
            if isinstance(error.original_error, (NeedsViewer, RightsMoved, *UNAVAILABLE)):
                raise error.original_error
        if operation.moved:
            raise RightsMoved
        return answered(result, facts.id).body

    def _keep(self, key: tuple[Asking, str, UUID], kept: _Kept) -> None:
        """What was rendered of the same record before is old now: whoever comes back sees the record as it is."""
        for other in [other for other, of in self._kept.items() if other[2] == key[2] and of.event.seq < kept.event.seq]:
            del self._kept[other]
        _put(self._kept, key, kept, MOST_KEPT)


def _put(held: OrderedDict[Key, Value], key: Key, value: Value, most: int) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > most:
        held.popitem(last=False)
