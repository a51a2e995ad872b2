"""The clock of a service case (服务时限): until when we answer and resolve, in working time, and when somebody is to be told.

Pure: the facts of a case, the policy of its priority and the working time go in; what is due, and what has been missed, come out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from crm.rules.system.working_time import WorkingTime


class Escalation(IntEnum):
    """How far a case has been escalated (升级级别). It only rises, until the case is reopened."""

    NONE = 0
    RESPONSE_NEAR = 1
    RESPONSE_BREACHED = 2
    RESOLUTION_NEAR = 3
    RESOLUTION_BREACHED = 4


STEPS_UP = {
    Escalation.RESPONSE_NEAR: 1,
    Escalation.RESPONSE_BREACHED: 2,
    Escalation.RESOLUTION_NEAR: 1,
    Escalation.RESOLUTION_BREACHED: 2,
}
"""How many people above the owner are told beside the owner: the superior, and once it is too late the superior's superior."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a policy promises, in working time; of it, after how many per cent somebody is told that it is near."""

    response: timedelta
    resolution: timedelta
    near_percent: int


@dataclass(frozen=True, slots=True)
class Clock:
    """The facts of a case that its clock goes by. `paused` is the working time in which we waited for the customer."""

    started_at: datetime
    paused: timedelta
    ticking: bool
    responded_at: datetime | None
    level: Escalation
    response_breached: bool
    resolution_breached: bool


@dataclass(frozen=True, slots=True)
class Timing:
    """Until when, and at which instant somebody has to look at it again (None while nothing can be missed)."""

    response_due_at: datetime
    resolution_due_at: datetime | None
    escalate_at: datetime | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What has been missed at an instant, and the level that follows from it."""

    level: Escalation
    response_breached: bool
    resolution_breached: bool


def timing(clock: Clock, promise: Promise, hours: WorkingTime) -> Timing:
    """What is due by now. While the clock stands still nobody can say when it will be resolved."""
    response = hours.after(clock.started_at, promise.response)
    resolution = hours.after(clock.started_at, promise.resolution + clock.paused)
    waiting = [at for step, at in _steps(clock, promise, hours) if not _known(clock, step)]
    return Timing(response, resolution if clock.ticking else None, min(waiting, default=None))


def judged(clock: Clock, promise: Promise, hours: WorkingTime, at: datetime) -> Verdict:
    """What has come to pass by an instant."""
    passed = {step for step, since in _steps(clock, promise, hours) if since <= at}
    return Verdict(
        max(passed | {clock.level}),
        clock.response_breached or Escalation.RESPONSE_BREACHED in passed,
        clock.resolution_breached or Escalation.RESOLUTION_BREACHED in passed,
    )


def _known(clock: Clock, step: Escalation) -> bool:
    """Whether a step needs nobody's look any more. A breach is noted even where a higher level was reached before it."""
    if step is Escalation.RESPONSE_BREACHED:
        return clock.response_breached
    if step is Escalation.RESOLUTION_BREACHED:
        return clock.resolution_breached
    return step <= clock.level


def _steps(clock: Clock, promise: Promise, hours: WorkingTime) -> Iterator[tuple[Escalation, datetime]]:
    """What can still be missed, and when it is."""
    if not clock.ticking:
        return
    near = promise.near_percent
    if clock.responded_at is None:
        yield Escalation.RESPONSE_NEAR, hours.after(clock.started_at, promise.response * near / 100)
        yield Escalation.RESPONSE_BREACHED, hours.after(clock.started_at, promise.response)
    yield Escalation.RESOLUTION_NEAR, hours.after(clock.started_at, promise.resolution * near / 100 + clock.paused)
    yield Escalation.RESOLUTION_BREACHED, hours.after(clock.started_at, promise.resolution + clock.paused)
