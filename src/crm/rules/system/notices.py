"""What people are notified of."""

from __future__ import annotations

from enum import StrEnum


class Notice(StrEnum):
    """通知类型. Each is about one record, and told to people who did not do it themselves."""

    HANDED_TO_YOU = "HANDED_TO_YOU"
    TAKEN_OVER = "TAKEN_OVER"
    SHARED_WITH_YOU = "SHARED_WITH_YOU"
    ASSIGNED = "ASSIGNED"
    DELETED = "DELETED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    ESCALATED = "ESCALATED"
    JOB_FAILED = "JOB_FAILED"
