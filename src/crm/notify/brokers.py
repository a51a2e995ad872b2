"""Brokers: how an event gets from the relay to every process that holds sockets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from crm.services.topics import Topic


@dataclass(frozen=True, slots=True)
class Event:
    """One stamped event of the outbox. An empty audience means that visibility alone decides who is told."""

    seq: int
    topic: Topic
    record_id: UUID
    audience: frozenset[UUID]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Event:
        """From a row of the outbox."""
        return cls(row["seq"], Topic(row["topic"]), row["record_id"], frozenset(row["audience"]))


Sink = Callable[[Event], None]
Lapsed = Callable[[], None]


class Broker(Protocol):
    """What lies between the relay and the hubs."""

    async def publish(self, event: Event) -> None:
        """Hand on an event. Events come in the order of their numbers; one that came before is dropped."""

    def read(self, sink: Sink, lapsed: Lapsed) -> None:
        """From now on, tell this sink of every event, and `lapsed` where some may have passed by unpublished."""

    def begin_anew(self) -> None:
        """What comes from here on need not follow what came before: readers look up what may lie between."""


class MemoryBroker:
    """One process: what the relay publishes is there. Its history is the outbox itself, so nothing here has to outlive it."""

    def __init__(self) -> None:
        self._readers: list[tuple[Sink, Lapsed]] = []
        self._last = 0

    async def publish(self, event: Event) -> None:
        """Tell every sink at once."""
        if event.seq <= self._last:
            return
        self._last = event.seq
        for sink, _ in self._readers:
            sink(event)

    def read(self, sink: Sink, lapsed: Lapsed) -> None:
        """Add a reader."""
        self._readers.append((sink, lapsed))

    def begin_anew(self) -> None:
        """Forget which number came last."""
        self._last = 0
        for _, lapsed in self._readers:
            lapsed()
