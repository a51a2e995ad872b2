"""Activities (活动): their kinds, and how a planned one becomes history."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from crm.core.flow import Flow


class ActivityKind(StrEnum):
    """What kind of contact an activity is (活动类型)."""

    CALL = "CALL"  # 电话
    VISIT = "VISIT"  # 拜访
    MEETING = "MEETING"  # 会议
    EMAIL = "EMAIL"  # 邮件
    SMS = "SMS"  # 短信
    NOTE = "NOTE"  # 备注
    TASK = "TASK"  # 任务


class ActivityStatus(StrEnum):
    """Where an activity stands (活动状态): planned ones (计划) are to do, done ones (已完成) are the history."""

    PLANNED = "PLANNED"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class ActivityVerb(StrEnum):
    """What can be done to an activity: complete (完成), cancel (取消), reopen (重新打开), put off or forward (改期)."""

    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"
    RESCHEDULE = "RESCHEDULE"
    REOPEN = "REOPEN"


ACTIVITY_FLOW = Flow(
    "Activity",
    ActivityStatus,
    ActivityVerb,
    {
        (ActivityStatus.PLANNED, ActivityVerb.COMPLETE): ActivityStatus.DONE,
        (ActivityStatus.PLANNED, ActivityVerb.CANCEL): ActivityStatus.CANCELLED,
        (ActivityStatus.PLANNED, ActivityVerb.RESCHEDULE): ActivityStatus.PLANNED,
        (ActivityStatus.DONE, ActivityVerb.REOPEN): ActivityStatus.PLANNED,
        (ActivityStatus.CANCELLED, ActivityVerb.REOPEN): ActivityStatus.PLANNED,
    },
)
"""Nothing is final: a wrong click on "done" must not force a second activity into the history."""


def is_overdue(status: ActivityStatus, planned_at: datetime | None, now: datetime) -> bool:
    """Whether it was to happen by now and is still to do (逾期)."""
    return status is ActivityStatus.PLANNED and planned_at is not None and planned_at < now
