"""The hub: which sockets of this process listen to what, and how each gets every event exactly once and in order.

A subscription knows its position and pulls: what it missed comes from the history, what happens comes from its short queue. It
enters the hub before it asks the history, and drops from the queue whatever the history has given it already, so there is neither
a gap nor a repeat between the two. A queue that overflows is thrown away, and the subscription goes back to the history.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from crm import metrics
from crm.core.errors import BadUserInput, HistoryGone
from crm.core.stream_cursors import StreamCursor, read_stream_cursor
from crm.notify.brokers import Broker, Event
from crm.notify.history import History, Stand
from crm.services.topics import STREAMS, TOPICS, Stream, Topic, topics_of

LONGEST_QUEUE = 256
REPLAYS_AT_ONCE = 2
"""What somebody missed is shown beside what happens now, never before it: popups do not wait for a mass reconnect."""

Delivered = Callable[[Event, UUID], None]


class Rendering(Protocol):
    """A selection that can be run for an event.

    Subscribers with equal keys get equal bytes; `shared` says that no viewer is needed to make them, so that one run may serve
    all who passed the gate.
    """

    key: Hashable
    shared: bool

    async def run(self, event: Event, cursor: str, people: Sequence[UUID]) -> list[bytes | None]:
        """The answer for each person; None for one who may not see the record now."""


@dataclass(frozen=True, slots=True)
class Push:
    """One answer to be written to a socket."""

    event: Event
    cursor: str
    body: bytes


class Hub:
    """The subscriptions of one process."""

    def __init__(self, broker: Broker, history: History) -> None:
        self.history = history
        self.replaying = asyncio.Semaphore(REPLAYS_AT_ONCE)
        self._listeners: dict[Stream, dict[UUID, set[Subscription]]] = {stream: {} for stream in Stream}
        self._told: dict[Topic, list[Delivered]] = {topic: [] for topic in Topic}
        broker.read(self._heard, self._lapsed)

    def when_delivered(self, topic: Topic, told: Delivered) -> None:
        """Call this for every event of a topic that was written to somebody's socket."""
        self._told[topic].append(told)

    async def subscribe(
        self, stream: Stream, rendering: Rendering, person: UUID, after: str | None, topics: frozenset[Topic] | None = None
    ) -> Subscription:
        """Listen for one person, from a cursor on or from now on, to all of a stream or to these of its topics.

        Raises `BadUserInput` for what is no cursor of this stream, `HistoryGone` for one whose history is no longer kept.
        """
        wanted = None if after is None else _cursor(stream, after)
        subscription = Subscription(self, stream, rendering, person, topics_of(stream) if topics is None else topics)
        self._listeners[stream].setdefault(person, set()).add(subscription)
        try:
            subscription.start(await self.history.stand(subscription.topics), wanted)
        except BaseException:
            subscription.close()
            raise
        return subscription

    def delivered(self, push: Push, person: UUID) -> None:
        """An answer was written to a socket."""
        metrics.events_delivered.inc()
        for told in self._told[push.event.topic]:
            told(push.event, person)

    def leave(self, subscription: Subscription) -> None:
        """Stop listening."""
        people = self._listeners[subscription.stream]
        of_person = people.get(subscription.person)
        if of_person is not None:
            of_person.discard(subscription)
            if not of_person:
                del people[subscription.person]

    def _heard(self, event: Event) -> None:
        for subscription in self._audience(event):
            if event.topic in subscription.topics:
                subscription.hear(event)

    def _lapsed(self) -> None:
        for people in self._listeners.values():
            for group in people.values():
                for subscription in group:
                    subscription.look_up()

    def _audience(self, event: Event) -> Iterable[Subscription]:
        """Who is here of those an event is for. An addressed one is found by its audience, never by walking all sockets."""
        people = self._listeners[TOPICS[event.topic].stream]
        if not event.audience:
            return [each for group in people.values() for each in group]
        if len(event.audience) < len(people):
            return [each for person in event.audience for each in people.get(person, ())]
        return [each for person, group in people.items() if person in event.audience for each in group]


class Subscription:
    """One person's subscription on one socket; iterating over it gives the answers to write."""

    def __init__(self, hub: Hub, stream: Stream, rendering: Rendering, person: UUID, topics: frozenset[Topic]) -> None:
        self.hub = hub
        self.stream = stream
        self.topics = topics
        self.rendering = rendering
        self.person = person
        self.epoch = 0
        self.position = 0
        self.behind = False
        self._scanned = 0
        self._queue: deque[Event] = deque()
        self._wake = asyncio.Event()

    def start(self, stand: Stand, after: StreamCursor | None) -> None:
        """Take up a position: after a cursor, or after everything there is."""
        self.epoch = stand.epoch
        if after is None:
            self.position = stand.last
        elif after.epoch == stand.epoch and stand.horizon <= after.seq <= stand.last:
            self.position, self.behind = after.seq, True
        else:
            raise HistoryGone(self.cursor(stand.horizon))

    def cursor(self, seq: int) -> str:
        """What a client gives back to go on after this number."""
        return str(StreamCursor(self.epoch, STREAMS[self.stream].number, seq))

    def hear(self, event: Event) -> None:
        """An event that may be for this person was published."""
        if not self.behind:
            self._queue.append(event)
            if len(self._queue) > LONGEST_QUEUE:
                self._queue.clear()
                self.behind = True
        self._wake.set()

    def look_up(self) -> None:
        """Something may have happened that was not published here: it stands in the history."""
        self.behind = True
        self._wake.set()

    def close(self) -> None:
        """Stop listening."""
        self.hub.leave(self)

    async def __aiter__(self) -> AsyncGenerator[Push, None]:
        """Every event after the position that the person may see when it is delivered, in order."""
        while True:
            for event in await self._next():
                cursor = self.cursor(event.seq)
                async with self.hub.replaying if event.seq <= self._scanned else nullcontext():
                    (body,) = await self.rendering.run(event, cursor, (self.person,))
                self.position = event.seq
                if body is not None:
                    yield Push(event, cursor, body)

    async def _next(self) -> list[Event]:
        """What comes next; waits where there is nothing yet."""
        while True:
            self._wake.clear()
            self.position = max(self.position, self._scanned)
            if self.behind:
                # Cleared before asking: what is published from now on queues up, and is there twice at most, never not at all.
                self.behind = False
                part = await self.hub.history.since(self.topics, self.position, self.person)
                if part.horizon > self.position:
                    raise HistoryGone(self.cursor(part.horizon))
                self.behind, self._scanned = self.behind or part.more, part.scanned
                if part.events:
                    return part.events
            if self._queue:
                waiting = [event for event in self._queue if event.seq > self.position]
                self._queue.clear()
                if waiting:
                    return waiting
            if not self.behind:
                await self._wake.wait()


def _cursor(stream: Stream, text: str) -> StreamCursor:
    try:
        cursor = read_stream_cursor(text)
    except ValueError as error:
        raise BadUserInput("`after` is not a cursor.") from error
    if cursor.stream != STREAMS[stream].number:
        raise BadUserInput("`after` is a cursor of another subscription.")
    return cursor
