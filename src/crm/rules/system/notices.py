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
    RECYCLED_SOON = "RECYCLED_SOON"
    RECYCLED = "RECYCLED"
    OFFERED = "OFFERED"
    OFFER_ACCEPTED = "OFFER_ACCEPTED"
    OFFER_DECLINED = "OFFER_DECLINED"
    OFFER_WITHDRAWN = "OFFER_WITHDRAWN"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    SUBMITTED = "SUBMITTED"
    REGISTERED = "REGISTERED"
    COMMENTED = "COMMENTED"
    TASK_DISPATCHED = "TASK_DISPATCHED"
    TASK_REPORTED = "TASK_REPORTED"
    JOB_FAILED = "JOB_FAILED"
