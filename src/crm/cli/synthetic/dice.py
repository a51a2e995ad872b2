"""Chance from a seed: the same rolls for the same seed, whatever the machine and the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from asyncpg.pgproto import pgproto

from crm.core.ids import make_id
from crm.core.kinds import Kind

T = TypeVar("T")

_BARE_IDS = {kind: make_id(kind, 0, 0).int for kind in Kind}

OPENING_HOUR = 1
"""Nine o'clock in Shanghai, in UTC."""


def weighted(**weights: int) -> tuple[str, ...]:
    """Every word as often as its weight, for `pick`."""
    return tuple(word for word, weight in weights.items() for _ in range(weight))


class Dice:
    """Everything random about synthetic records comes from here."""

    def __init__(self, seed: str) -> None:
        chance = Random(seed)  # noqa: S311 -- synthetic records are meant to be guessable from their seed
        self.roll = chance.random
        self._bits = chance.getrandbits
        self._at: datetime | None = None
        self._milliseconds = 0

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[int(self.roll() * len(items))]

    def chance(self, part: float) -> bool:
        """True in this part of all cases."""
        return self.roll() < part

    def between(self, low: int, high: int) -> int:
        """A whole number; both ends are possible."""
        return low + int(self.roll() * (high - low + 1))

    def digits(self, count: int) -> str:
        """That many digits."""
        return f"{int(self.roll() * 10**count):0{count}d}"

    def moment(self, low: datetime, high: datetime) -> datetime:
        """An instant between two, to the second."""
        return low + timedelta(seconds=int(self.roll() * (high - low).total_seconds()))

    def appointment(self, low: datetime, high: datetime) -> datetime:
        """A quarter of an hour on a working day of Shanghai, between two instants where these leave room for one."""
        at = self.moment(low, high)
        at = at.replace(hour=OPENING_HOUR + int(self.roll() * 9), minute=15 * int(self.roll() * 4), second=0, microsecond=0)
        if at.weekday() > 4:
            at += timedelta(days=-2 if at - timedelta(days=2) > low else 2)
        return min(max(at, low), high)

    def id(self, kind: Kind, at: datetime) -> UUID:
        """The id of a record made at that instant, as `make_id` makes it.

        A customer with all that is around it takes fifty ids, so they are made from a bare one, in the driver's own UUID, which
        equals Python's and is made in a tenth of the time. Several in a row are often of one instant.
        """
        if at is not self._at:
            self._at, self._milliseconds = at, int(at.timestamp() * 1000) << 80
        bare = _BARE_IDS[kind] | self._milliseconds | self._bits(62)
        made: UUID = pgproto.UUID(bare.to_bytes(16, "big"))
        return made
