"""One object for all that are equal: so that thousands are put into groups by identity and not by value."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

Value = TypeVar("Value")


class Interned(Generic[Value]):
    """One object for all that are equal, as long as somebody holds it."""

    def __init__(self) -> None:
        self._held: WeakValueDictionary[Hashable, Value] = WeakValueDictionary()

    def one(self, key: Hashable, value: Value) -> Value:
        """The one that stands for a key; this one, where there is none. A key that holds its value would keep it for ever."""
        return self._held.setdefault(key, value)
