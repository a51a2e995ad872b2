"""The call-back list (回电清单): how an entry is taken and closed, and by when it is due."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from crm.core.flow import Flow


class CallBackStatus(StrEnum):
    """Where an entry stands (回电状态)."""

    OPEN = "OPEN"  # 待回电
    CLAIMED = "CLAIMED"  # 已认领
    DONE = "DONE"  # 已回电
    CANCELLED = "CANCELLED"  # 已取消


class CallBackVerb(StrEnum):
    """What can be done to an entry: claim (认领), release (放弃), complete (完成), cancel (取消)."""

    CLAIM = "CLAIM"
    RELEASE = "RELEASE"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"


CALL_BACK_FLOW = Flow(
    "Call-back",
    CallBackStatus,
    CallBackVerb,
    {
        (CallBackStatus.OPEN, CallBackVerb.CLAIM): CallBackStatus.CLAIMED,
        (CallBackStatus.CLAIMED, CallBackVerb.RELEASE): CallBackStatus.OPEN,
        (CallBackStatus.CLAIMED, CallBackVerb.COMPLETE): CallBackStatus.DONE,
        (CallBackStatus.CLAIMED, CallBackVerb.CANCEL): CallBackStatus.CANCELLED,
    },
)
"""Closed is closed: whoever is missed again gets a new entry. An answered call to the number closes one from OPEN too."""

WAITING = (CallBackStatus.OPEN, CallBackStatus.CLAIMED)
WITHIN = timedelta(hours=1)
"""How soon somebody who was missed is to be called back."""


def due_at(first_missed_at: datetime) -> datetime:
    """By when; calling again and again puts nothing off."""
    return first_missed_at + WITHIN


def is_overdue(status: CallBackStatus, due: datetime, now: datetime) -> bool:
    """Whether somebody still waits who was to be called by now (逾期)."""
    return status in WAITING and due < now
