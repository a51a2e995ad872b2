"""One stream of one process, live: events in their order to everybody who listens now.

Several events are printed at once, and written strictly one after another. Who is told of an event is settled when it is heard;
whether they may see it, when it is printed, which is not long before it is written.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

import structlog

from crm.notify.brokers import Event
from crm.notify.deliveries import CHUNK, Delivered, deliver, deliver_early
from crm.notify.lanes import Lane
from crm.notify.subscriptions import Edition, Press, Printed, Subscription
from crm.services.topics import TOPICS

AHEAD = 8
"""Events printed at once. One alone bounds a stream at some 200 a second; all at once would empty the pool of connections."""
FRESH_SECONDS = 0.2
"""A print that had to wait longer for those before it is made anew: rights are those of the moment of delivery."""
LONGEST_RING = 1024
"""Events that are kept for those who were away for a moment, so that a mass reconnect does not read the outbox."""

MOST_NAMED = 100_000
"""People in the audiences of the events in the ring, together: an announcement to thousands takes half a megabyte for them."""

log = structlog.get_logger("crm.hub")


@dataclass(slots=True)
class _Issue:
    """An event and who listened when it was heard; or, without one, those who have to look into the history after `claimed`.

    Once it is its `turn`, everything before it is written, and editions of it are written as they become ready.
    """

    event: Event | None
    subscribers: list[Subscription]
    claimed: int = 0
    turn: bool = False
    small: bool = False
    begun: bool = False
    ready: list[tuple[float, Edition, Sequence[Subscription]]] = field(default_factory=list)


@dataclass
class Dispatch:
    """`claimed` is the last event whose subscribers are settled: whoever stands there and turns live misses nothing."""

    press: Press
    cursor: Callable[[int], str]
    lane: Lane = field(default_factory=Lane)
    behind: Callable[[Sequence[Subscription]], None] = lambda _: None
    """Told of those who have to look into the history."""
    told: list[Delivered] = field(default_factory=list)
    claimed: int = 0
    people: dict[UUID, set[Subscription]] = field(default_factory=dict)
    watchers: dict[UUID, set[Subscription]] = field(default_factory=dict)
    """Record → who named it, for topics that are listened to by record."""
    covered_from: int | None = None
    """From this number on the ring holds everything that was heard; None while nothing can be said."""
    lapses: int = 0
    _ring: deque[Event] = field(default_factory=deque)
    _named: int = 0
    _issues: deque[_Issue] = field(default_factory=deque)
    _printing: deque[tuple[_Issue, asyncio.Task[_Timed] | None]] = field(default_factory=deque)
    _running: asyncio.Task[None] | None = None

    def hear(self, event: Event) -> None:
        """An event of this stream was published."""
        if self.covered_from is None:
            self.covered_from = event.seq - 1
        self._ring.append(event)
        self._named += len(event.audience)
        while len(self._ring) > LONGEST_RING or self._named > MOST_NAMED:
            gone = self._ring.popleft()
            self.covered_from = gone.seq
            self._named -= len(gone.audience)
        self.claimed = event.seq
        told = [each for each in self._audience(event) if each.live and each.wants(event)]
        if told:
            self._issue(_Issue(event, told))

    def lapse(self) -> None:
        """Events may have passed by unheard: once all that was heard is written, everybody looks into the history."""
        self.lapses += 1
        self._ring.clear()
        self._named = 0
        self.covered_from = None
        looking = [each for group in self.people.values() for each in group if each.live]
        for each in looking:
            each.live = False
        if looking:
            self._issue(_Issue(None, looking, self.claimed))

    def heard_after(self, seq: int) -> list[Event] | None:
        """What was heard after a number; None where that reaches back too far."""
        if self.covered_from is None or seq < self.covered_from:
            return None
        return list(self._ring)[bisect_right(self._ring, seq, key=lambda event: event.seq) :]

    def enter(self, subscription: Subscription) -> None:
        """Listen; not yet live."""
        _put(self.people, subscription.person, subscription)
        for record_id in subscription.records:
            _put(self.watchers, record_id, subscription)

    def leave(self, subscription: Subscription) -> bool:
        """Stop listening; whether it was listening."""
        if subscription not in self.people.get(subscription.person, ()):
            return False
        _take(self.people, subscription.person, subscription)
        for record_id in subscription.records:
            _take(self.watchers, record_id, subscription)
        return True

    def stop(self) -> None:
        """The process ends."""
        if self._running is not None:
            self._running.cancel()

    def _audience(self, event: Event) -> Iterable[Subscription]:
        """Who is here of those an event is for. An addressed one is found by its audience, never by walking all sockets.

        Nor is one that is listened to by record: most changes are of records that nobody looks at.
        """
        if TOPICS[event.topic].by_record:
            return list(self.watchers.get(event.record_id, ()))
        if not event.audience:
            return [each for group in self.people.values() for each in group]
        if len(event.audience) < len(self.people):
            return [each for person in event.audience for each in self.people.get(person, ())]
        return [each for person, group in self.people.items() if person in event.audience for each in group]

    def _issue(self, issue: _Issue) -> None:
        self._issues.append(issue)
        self._begin()
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._run())

    def _begin(self) -> None:
        """Print what has been heard, some events ahead of the one that is being written."""
        while self._issues and len(self._printing) < AHEAD:
            issue = self._issues.popleft()
            # Behind a large one of its own stream it waits for that, and that must not wait for it.
            if len(issue.subscribers) <= CHUNK and all(each.small for each, _ in self._printing):
                issue.small = True
                self.lane.enter()
            self._printing.append((issue, None if issue.event is None else asyncio.create_task(self._print(issue))))

    async def _run(self) -> None:
        try:
            while self._printing:
                issue, printed = self._printing[0]
                if printed is None:
                    self._let_look(issue)
                else:
                    await self._deliver(issue, printed)
                self._done(self._printing.popleft()[0])
                self._begin()
        finally:
            for issue, printed in self._printing:
                self._done(issue)
                if printed is not None:
                    printed.cancel()
            self._printing.clear()
            self._running = None

    def _done(self, issue: _Issue) -> None:
        if issue.small:
            self.lane.leave()

    def _let_look(self, issue: _Issue) -> None:
        """All that was heard before the lapse is written by now, and not a moment sooner do they stand behind it."""
        for each in issue.subscribers:
            each.position = max(each.position, issue.claimed)
        self.behind(issue.subscribers)

    async def _deliver(self, issue: _Issue, printing: asyncio.Task[_Timed]) -> None:
        try:
            issue.turn = True
            for at, edition, subscribers in issue.ready:
                if self._is_fresh(at):
                    self._deliver_early(issue, edition, subscribers)
            printed = await printing
            if not self._is_fresh(printed.at):
                printed = await self._print(issue)
            await deliver(printed.what, self.told, self.lane, live=True, begun=issue.begun)
        except Exception as error:  # noqa: BLE001 - whatever it is, these sockets cannot be told of what comes after
            assert issue.event is not None
            give_up(issue.event, issue.subscribers, error)

    def _deliver_early(self, issue: _Issue, edition: Edition, subscribers: Sequence[Subscription]) -> None:
        if not issue.turn:
            issue.ready.append((asyncio.get_running_loop().time(), edition, subscribers))
            return
        deliver_early(edition, subscribers, self.told, first=not issue.begun)
        issue.begun = True

    def _is_fresh(self, at: float) -> bool:
        return asyncio.get_running_loop().time() - at <= FRESH_SECONDS

    async def _print(self, issue: _Issue) -> _Timed:
        assert issue.event is not None
        ready = partial(self._deliver_early, issue)
        printed = await self.press.print(issue.event, self.cursor(issue.event.seq), issue.subscribers, ready)
        return _Timed(asyncio.get_running_loop().time(), printed)


def _put(held: dict[UUID, set[Subscription]], key: UUID, subscription: Subscription) -> None:
    held.setdefault(key, set()).add(subscription)


def _take(held: dict[UUID, set[Subscription]], key: UUID, subscription: Subscription) -> None:
    found = held.get(key)
    if found is not None:
        found.discard(subscription)
        if not found:
            del held[key]


@dataclass(frozen=True, slots=True)
class _Timed:
    at: float
    what: Printed


def give_up(event: Event, subscribers: Iterable[Subscription], error: Exception) -> None:
    """End the subscriptions that an event cannot be shown to: silently going on behind it would be a loss."""
    crashed = not isinstance(error, TimeoutError)
    log.warning("event not shown", topic=event.topic.value, seq=event.seq, reason=type(error).__name__, exc_info=crashed)
    for each in subscribers:
        if each.position < event.seq:
            each.end(error)
