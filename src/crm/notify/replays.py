"""Bringing up those who were away: what they missed, event by event, until they stand where the live stream does.

Many come back at once. Those who stand close together are brought up together, so that an event is judged and rendered once for
all of them; and only so many replays run at a time that what happens now is not held up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import structlog

from crm.core.errors import HistoryGone
from crm.notify.brokers import Event
from crm.notify.deliveries import deliver
from crm.notify.dispatch import Dispatch, give_up
from crm.notify.history import History, horizon
from crm.notify.subscriptions import Subscription
from crm.services.topics import Stream, topics_of
from crm.store.errors import is_away

CLOSE = 2000
"""Events that may lie between two subscriptions that are brought up together."""
PAUSE = 0.02

log = structlog.get_logger("crm.hub")


@dataclass(slots=True, eq=False)
class _Replay:
    """Subscriptions that are brought up together. Nobody joins once it has begun: its events were read for those it has."""

    members: list[Subscription]

    def takes(self, subscription: Subscription) -> bool:
        """Whether this one stands close enough to the others."""
        return abs(self.members[0].position - subscription.position) <= CLOSE


@dataclass(slots=True)
class _Line:
    """Replays that wait for their turn, and how many of them run at once."""

    at_once: int
    waiting: list[_Replay] = field(default_factory=list)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    def join(self, subscription: Subscription) -> None:
        """Into a replay that has not begun, or a new one."""
        for each in self.waiting:
            if each.takes(subscription):
                each.members.append(subscription)
                return
        self.waiting.append(_Replay([subscription]))


class Replays:
    """The replays of one stream: whoever was away for a moment does not wait for those who were away for a week."""

    def __init__(self, stream: Stream, dispatch: Dispatch, history: History) -> None:
        self.topics = topics_of(stream)
        self.dispatch = dispatch
        self.history = history
        self._near, self._far = _Line(1), _Line(2)
        self._opening: set[asyncio.Task[None]] = set()

    def bring_up(self, subscriptions: Sequence[Subscription]) -> None:
        """From where they stand to where the stream does; then they are live."""
        for subscription in subscriptions:
            if subscription.open:
                near = self.dispatch.heard_after(subscription.position) is not None
                (self._near if near else self._far).join(subscription)
        self._begin()

    def open(self, subscription: Subscription, going_on: Sequence[Event]) -> None:
        """Begin with what goes on already; then as for everybody else. These events lie before the position it has taken up."""
        opening = asyncio.get_running_loop().create_task(self._open(subscription, going_on))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    def stop(self) -> None:
        """The process ends."""
        for line in (self._near, self._far):
            line.waiting.clear()
        for running in [*self._near.running, *self._far.running, *self._opening]:
            running.cancel()

    async def _open(self, subscription: Subscription, going_on: Sequence[Event]) -> None:
        position = subscription.position
        subscription.position = going_on[0].seq - 1
        for event in going_on:
            await self._show(event, [subscription])
        subscription.position = position
        self.bring_up([subscription])

    def _begin(self) -> None:
        for line in (self._near, self._far):
            while line.waiting and len(line.running) < line.at_once:
                running = asyncio.get_running_loop().create_task(self._run(line.waiting.pop(0)))
                line.running.add(running)
                running.add_done_callback(partial(self._ended, line))

    def _ended(self, line: _Line, ended: asyncio.Task[None]) -> None:
        line.running.discard(ended)
        if not ended.cancelled():
            if (error := ended.exception()) is not None:
                log.error("replay failed", exc_info=error)
            self._begin()

    async def _run(self, replay: _Replay) -> None:
        members = replay.members
        try:
            while members := [each for each in members if each.open]:
                if await self._step(members):
                    return
        except Exception as error:  # the database is away for too long, or a defect: either way they must not hang here
            for each in members:
                each.end(error)
            if not is_away(error):
                raise

    async def _step(self, members: list[Subscription]) -> bool:
        """One stretch of what was missed; whether that was all, and the members are live."""
        dispatch, lapses = self.dispatch, self.dispatch.lapses
        position = min(each.position for each in members)
        events, more = dispatch.heard_after(position), False
        reached = position if not events else events[-1].seq
        if events is None:
            part = await self.history.since(self.topics, position, {each.person for each in members})
            self._check(members, part.horizons)
            events, reached, more = part.events, part.scanned, part.more
        for event in events:
            await self._show(event, members)
        for each in members:
            each.position = max(each.position, reached)
        # From here to the end nothing is awaited: what is heard next finds them live.
        if more or lapses != dispatch.lapses:
            return False
        if reached < dispatch.claimed:
            if not events:
                await asyncio.sleep(PAUSE)
            return False
        for each in members:
            each.live = each.open
        return True

    def _check(self, members: Sequence[Subscription], horizons: Mapping[str, int]) -> None:
        for each in members:
            gone = horizon(horizons, each.topics)
            if gone > each.position:
                each.end(HistoryGone(self.dispatch.cursor(gone)))

    async def _show(self, event: Event, members: Sequence[Subscription]) -> None:
        told = [each for each in members if each.wants(event) and (not event.audience or each.person in event.audience)]
        if not told:
            return
        try:
            printed = await self.dispatch.press.print(event, self.dispatch.cursor(event.seq), told)
            await deliver(printed, self.dispatch.told)
        except Exception as error:  # noqa: BLE001 - whatever it is, they cannot be told of what comes after
            give_up(event, told, error)
