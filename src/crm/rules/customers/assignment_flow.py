"""Assignments (机会分配): how an opportunity is offered to a channel, taken up, protected, and let go again."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from crm.core.flow import Flow

RESPOND_DAYS, PROTECTION_DAYS = 7, 90
"""What is meant where nobody says otherwise."""
LONGEST_DAYS = 730


class AssignmentStatus(StrEnum):
    """Where an assignment stands (分配状态): 待接受, 已接受, 已登记, 已拒绝, 已过期, 已撤回."""

    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    REGISTERED = "REGISTERED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class AssignmentVerb(StrEnum):
    """What can be done to an assignment: 接受, 拒绝, 登记, 撤回, 过期."""

    ACCEPT = "ACCEPT"
    DECLINE = "DECLINE"
    REGISTER = "REGISTER"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"


ASSIGNMENT_FLOW = Flow(
    "Assignment",
    AssignmentStatus,
    AssignmentVerb,
    {
        (AssignmentStatus.OFFERED, AssignmentVerb.ACCEPT): AssignmentStatus.ACCEPTED,
        (AssignmentStatus.OFFERED, AssignmentVerb.DECLINE): AssignmentStatus.DECLINED,
        (AssignmentStatus.OFFERED, AssignmentVerb.WITHDRAW): AssignmentStatus.WITHDRAWN,
        (AssignmentStatus.OFFERED, AssignmentVerb.EXPIRE): AssignmentStatus.EXPIRED,
        (AssignmentStatus.ACCEPTED, AssignmentVerb.REGISTER): AssignmentStatus.REGISTERED,
        (AssignmentStatus.ACCEPTED, AssignmentVerb.DECLINE): AssignmentStatus.DECLINED,
        (AssignmentStatus.ACCEPTED, AssignmentVerb.WITHDRAW): AssignmentStatus.WITHDRAWN,
        (AssignmentStatus.REGISTERED, AssignmentVerb.REGISTER): AssignmentStatus.REGISTERED,
        (AssignmentStatus.REGISTERED, AssignmentVerb.WITHDRAW): AssignmentStatus.WITHDRAWN,
        (AssignmentStatus.REGISTERED, AssignmentVerb.EXPIRE): AssignmentStatus.EXPIRED,
    },
)
"""A channel may give up what it accepted, until it is registered: then others kept away for its sake. Registering again prolongs
the protection."""

LIVE = frozenset({AssignmentStatus.OFFERED, AssignmentStatus.ACCEPTED, AssignmentStatus.REGISTERED})
"""An opportunity has at most one of these."""
SEEING = frozenset({AssignmentStatus.ACCEPTED, AssignmentStatus.REGISTERED})
"""In these the channel sees the opportunity."""
BY_THE_CLOCK = frozenset({AssignmentVerb.EXPIRE})
"""Steps that nobody takes by hand."""


def lapsed(status: AssignmentStatus, respond_by: datetime, protected_until: datetime | None, at: datetime) -> bool:
    """Whether its time is over, whatever still stands in its row: an offer nobody answered, a protection that has run out."""
    if status is AssignmentStatus.OFFERED:
        return respond_by <= at
    return status is AssignmentStatus.REGISTERED and protected_until is not None and protected_until <= at


def offered(status: AssignmentStatus) -> tuple[AssignmentVerb, ...]:
    """The verbs that a person can use next."""
    return tuple(verb for verb in ASSIGNMENT_FLOW.verbs(status) if verb not in BY_THE_CLOCK)


def wrong_answer_time(respond_by: datetime, at: datetime) -> str | None:
    """Why a channel cannot be asked to answer by then, if it cannot."""
    if respond_by <= at:
        return "The time to answer lies in the past."
    return f"Not more than {LONGEST_DAYS} days ahead." if respond_by > at + timedelta(days=LONGEST_DAYS) else None
