"""An event on its way: as the outbox numbered it, and as the readers of this version know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.services.topics import TOPICS, Topic

_KNOWN = frozenset(topic.value for topic in TOPICS)


@dataclass(frozen=True, slots=True)
class Event:
    """One stamped event of the outbox. An empty audience means that visibility alone decides who is told.

    `recorded_at` is for measuring, and known of what has just happened only.
    """

    seq: int
    topic: Topic
    record_id: UUID
    audience: frozenset[UUID]
    recorded_at: datetime | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Event:
        """From a row of the outbox."""
        return cls(row["seq"], Topic(row["topic"]), row["record_id"], frozenset(row["audience"]))


@dataclass(frozen=True, slots=True)
class Stamped:
    """A numbered row of the outbox as it travels between processes.

    Its topic is a plain text: it may be one of another version of the product, which deploys beside this one. Whoever leads hands
    that on, too, because a process of the other version waits for it.
    """

    seq: int
    topic: str
    record_id: UUID
    audience: frozenset[UUID]
    recorded_at: datetime

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Stamped:
        """From a row of the outbox."""
        return cls(row["seq"], row["topic"], row["record_id"], frozenset(row["audience"]), row["recorded_at"])

    def event(self) -> Event | None:
        """What readers are told; None for a topic that this version does not know."""
        if self.topic not in _KNOWN:
            return None
        return Event(self.seq, Topic(self.topic), self.record_id, self.audience, self.recorded_at)
