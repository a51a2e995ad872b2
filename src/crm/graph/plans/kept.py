"""What is kept between operations, and what the metrics tell of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from crm import metrics
from crm.core.segments import Segments

V = TypeVar("V")


class Kept(Generic[V]):
    """A store under a budget of bytes, told of with each entry. `name` is its label in the metrics."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._kept: Segments[V] = Segments(most_bytes, metrics.kept_evictions.labels(name).inc)
        self._hit, self._miss = (metrics.kept_lookups.labels(name, outcome) for outcome in ("hit", "miss"))
        self._bytes = metrics.kept_bytes.labels(name)

    def __iter__(self) -> Iterator[V]:
        return iter(self._kept)

    def get(self, key: Hashable) -> V | None:
        """What is kept under a key."""
        found = self._kept.get(key)
        (self._miss if found is None else self._hit).inc()
        return found

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep it; what came once makes room first. What is larger than all the room is not kept."""
        if size <= self.most_bytes:
            self._kept.put(key, value, size)
            self._bytes.set(self._kept.bytes)
