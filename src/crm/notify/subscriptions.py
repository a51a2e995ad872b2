"""What the hub knows of a subscription, and what it stands between: the press, which prints, and the sink, which takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from crm.notify.brokers import Event
from crm.services.topics import TOPICS, Stream, Topic


@dataclass(frozen=True, slots=True)
class Edition:
    """One answer to an event, the same for all who get it. `frames` are for sinks: what they made of it."""

    event: Event
    cursor: str
    body: bytes
    frames: dict[bytes, bytes] = field(default_factory=dict)


class Sink(Protocol):
    """Where a subscription's answers go. Neither call may wait: one that cannot take must not hold up the others."""

    def push(self, edition: Edition) -> bool:
        """Take an answer; False where that cannot be: it is full, or gone."""

    def end(self, error: Exception) -> None:
        """There will be no more, and this is why."""


@dataclass(slots=True, eq=False)
class Subscription:
    """One person's subscription on one socket.

    While `live`, it is told of each event as it is heard, and has had everything before. Otherwise it stands behind `position`,
    and a replay brings it up. `rendering` is the press's own: what is to be shown, and for whom.
    """

    stream: Stream
    topics: frozenset[Topic]
    person: UUID
    rendering: Any
    sink: Sink
    records: frozenset[UUID] = frozenset()
    position: int = 0
    live: bool = False
    open: bool = True

    def wants(self, event: Event) -> bool:
        """Whether it has not had this event, and asked for such ones."""
        return (
            self.open
            and self.position < event.seq
            and event.topic in self.topics
            and (event.record_id in self.records or not TOPICS[event.topic].by_record)
        )

    def end(self, error: Exception) -> None:
        """End it from our side."""
        if self.open:
            self.open = self.live = False
            self.sink.end(error)


@dataclass(slots=True)
class Printed:
    """An event as it is shown: to whom which edition, and whose subscription has ended meanwhile, and why.

    Who is in neither may not see it.
    """

    editions: list[tuple[Edition, list[Subscription]]] = field(default_factory=list)
    ended: list[tuple[Subscription, Exception]] = field(default_factory=list)


Ready = Callable[[Edition, Sequence[Subscription]], None]
"""Told of an edition as soon as there is one, and who gets it."""


class Press(Protocol):
    """Judges who of the subscribers may see an event now, and renders what each asked for."""

    async def print(self, event: Event, cursor: str, subscribers: Sequence[Subscription], ready: Ready | None = None) -> Printed:
        """All editions, those that were told as `ready` before, too, and perhaps more than once.

        Raises where the database cannot answer for longer than a socket can wait.
        """
