"""A bounded memory in which what is used twice is safe from what comes once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

V = TypeVar("V")

SAFE_SHARE = 0.8
"""The part of the room that what was used again may take; newcomers always have the rest."""


class Segments(Generic[V]):
    """Values by key, least recently used out first, in two segments.

    A newcomer is on trial; its second use makes it settled. Room is made among those on trial alone, so that somebody who sends a
    thousand different documents drives out other documents that came once, and none of those that clients live on. When the
    settled outgrow their share, the one that was not used for longest is on trial again.
    """

    def __init__(self, most_bytes: int, evicted: Callable[[], None] = lambda: None) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._evicted = evicted
        self._settled_bytes = 0
        self._trial: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()
        self._settled: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._trial) + len(self._settled)

    def __iter__(self) -> Iterator[V]:
        for segment in (self._settled, self._trial):
            for value, _ in segment.values():
                yield value

    def get(self, key: Hashable) -> V | None:
        """What is kept under a key; being asked for makes it settled."""
        if (settled := self._settled.get(key)) is not None:
            self._settled.move_to_end(key)
            return settled[0]
        if (found := self._trial.pop(key, None)) is None:
            return None
        self._settled[key] = found
        self._settled_bytes += found[1]
        while self._settled_bytes > self.most_bytes * SAFE_SHARE:
            oldest, kept = self._settled.popitem(last=False)
            self._settled_bytes -= kept[1]
            self._trial[oldest] = kept
        return found[0]

    def put(self, key: Hashable, value: V, weight: int) -> None:
        """Keep a newcomer, `weight` bytes of memory, for as long as there is room; what is there already, with its new weight."""
        if (settled := self._settled.get(key)) is not None:
            self._settled[key] = (value, weight)
            self._settled_bytes += weight - settled[1]
            self.bytes += weight - settled[1]
        else:
            before = self._trial.get(key)
            self._trial[key] = (value, weight)
            self.bytes += weight - (before[1] if before is not None else 0)
        while self.bytes > self.most_bytes and self._trial:
            _, (_, gone) = self._trial.popitem(last=False)
            self.bytes -= gone
            self._evicted()
