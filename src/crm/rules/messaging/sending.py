"""Sending to a peer that may be away, slow, or killed between taking a message and saying so: what follows from each outcome.

Nothing is lost: whatever is not known to have been taken, or to be impossible, is tried again. It is tried again after an answer
that never came too, so it may arrive twice: at most once more for each such answer, and it is marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

MOST_DOUBTS = 5
"""After so many answers that never came a person has to look."""


class Medium(StrEnum):
    """What is sent. A medium brings its own gateway, and shares the queue."""

    SMS = "SMS"
    EMAIL = "EMAIL"


class Result(StrEnum):
    """What became of one try.

    ACCEPTED and REJECTED are the peer's word. NOT_SENT: nothing of it reached the peer. THROTTLED: the peer said, not now.
    DOUBTFUL: it was sent and nothing came back. REFUSED and TOO_OLD: we did not even try. LOST: nor this time, there have been
    too many tries whose end nobody wrote down.
    """

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    NOT_SENT = "NOT_SENT"
    THROTTLED = "THROTTLED"
    DOUBTFUL = "DOUBTFUL"
    REFUSED = "REFUSED"
    TOO_OLD = "TOO_OLD"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One try: its result, the peer's name for what it took (one for each part), its words, and when to ask it again."""

    result: Result
    provider_ids: tuple[str, ...] = ()
    detail: str | None = None
    after: timedelta | None = None
    reason: str | None = None


class Next(StrEnum):
    """What is done about it."""

    DONE = "DONE"
    AGAIN = "AGAIN"
    GIVEN_UP = "GIVEN_UP"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it is tried again, and when; whether the try counts as one whose answer never came."""

    next: Next
    wait: timedelta = timedelta()
    doubtful: bool = False


def verdict(outcome: Outcome, tries: int, doubts: int) -> Verdict:
    """`tries` counts this one, `doubts` the earlier ones whose answer never came."""
    match outcome.result:
        case Result.NOT_SENT | Result.THROTTLED:
            return Verdict(Next.AGAIN, outcome.after or backoff(tries))
        case Result.DOUBTFUL if doubts + 1 < MOST_DOUBTS:
            return Verdict(Next.AGAIN, outcome.after or backoff(doubts + 1), doubtful=True)
        case Result.DOUBTFUL:
            return Verdict(Next.GIVEN_UP, doubtful=True)
        case Result.LOST:
            return Verdict(Next.GIVEN_UP)
    return Verdict(Next.DONE)


def is_lost(doubts: int) -> bool:
    """Whether it is tried no more: so many tries were not ended that it has arrived, or kills whoever sends it."""
    return doubts >= MOST_DOUBTS


def backoff(count: int) -> timedelta:
    """1 s, 2 s, 4 s … five minutes."""
    return timedelta(seconds=min(300, 2 ** min(max(count - 1, 0), 9)))
