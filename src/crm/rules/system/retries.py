"""When a job that failed is tried again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retries:
    """Exponential back-off: each pause is `factor` times the one before, up to `longest`, and `jitter` of it more or less.

    Jobs that failed together because something was away must not come back together.
    """

    attempts: int = 5
    first: timedelta = timedelta(seconds=10)
    factor: float = 4.0
    longest: timedelta = timedelta(hours=1)
    jitter: float = 0.2

    def pause(self, attempt: int, dice: Callable[[], float]) -> timedelta | None:
        """The pause after this attempt, counted from 1, has failed; None after the last. `dice` gives numbers from 0 to 1."""
        if attempt >= self.attempts:
            return None
        # Bounded, because a number that grows for ever ends in an error.
        seconds = self.first.total_seconds() * self.factor ** min(attempt - 1, 30)
        plain = timedelta(seconds=min(seconds, self.longest.total_seconds()))
        return plain * (1 + self.jitter * (2 * dice() - 1))


SEVERAL = Retries()
"""About 10 s, 40 s, 3 min and 11 min apart: a peer that restarts is back by then."""
ONCE = Retries(attempts=1)
"""For what comes again by itself."""
