"""What is kept between operations: last used stays longest, bounded by bytes and not by number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from crm import metrics

V = TypeVar("V")


class Kept(Generic[V]):
    """A store under a budget of bytes, told of with each entry. `name` is its label in the metrics."""

    def __init__(self, name: str, most_bytes: int) -> None:
        self.name, self.most_bytes = name, most_bytes
        self.bytes = 0
        self._hit, self._miss = (metrics.kept_lookups.labels(name, outcome) for outcome in ("hit", "miss"))
        self._entries: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        """What is kept under a key."""
        found = self._entries.get(key)
        if found is None:
            self._miss.inc()
            return None
        self._hit.inc()
        self._entries.move_to_end(key)
        return found[0]

    def put(self, key: Hashable, value: V, size: int) -> None:
        """Keep it; what was not used for longest goes where there is no room. What is larger than all the room is not kept."""
        if size > self.most_bytes:
            return
        before = self._entries.pop(key, None)
        self.bytes += size - (before[1] if before is not None else 0)
        self._entries[key] = (value, size)
        while self.bytes > self.most_bytes:
            _, (_, freed) = self._entries.popitem(last=False)
            self.bytes -= freed
        metrics.kept_bytes.labels(self.name).set(self.bytes)

    def __len__(self) -> int:
        return len(self._entries)
