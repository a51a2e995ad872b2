"""Announcements (公告): how a draft reaches people and how it goes again, and which times make sense for that."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from crm.core.flow import Flow

FURTHEST = timedelta(days=365)
"""How far ahead an announcement can be scheduled: what lies beyond is a slip of the year."""


class AnnouncementStatus(StrEnum):
    """Where an announcement stands (公告状态): 草稿, 待发布, 已发布, 已撤回, 已过期."""

    DRAFT = "DRAFT"
    SCHEDULED = "SCHEDULED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class AnnouncementTopic(StrEnum):
    """What an announcement is about (公告类别): 通知, 市场, 竞争对手, 产品."""

    NOTICE = "NOTICE"
    MARKET = "MARKET"
    COMPETITOR = "COMPETITOR"
    PRODUCT = "PRODUCT"


class AnnouncementVerb(StrEnum):
    """What can be done to an announcement: 定时发布, 取消定时, 发布, 撤回, 过期."""

    SCHEDULE = "SCHEDULE"
    UNSCHEDULE = "UNSCHEDULE"
    PUBLISH = "PUBLISH"
    WITHDRAW = "WITHDRAW"
    EXPIRE = "EXPIRE"


ANNOUNCEMENT_FLOW = Flow(
    "Announcement",
    AnnouncementStatus,
    AnnouncementVerb,
    {
        (AnnouncementStatus.DRAFT, AnnouncementVerb.PUBLISH): AnnouncementStatus.PUBLISHED,
        (AnnouncementStatus.DRAFT, AnnouncementVerb.SCHEDULE): AnnouncementStatus.SCHEDULED,
        (AnnouncementStatus.SCHEDULED, AnnouncementVerb.PUBLISH): AnnouncementStatus.PUBLISHED,
        (AnnouncementStatus.SCHEDULED, AnnouncementVerb.SCHEDULE): AnnouncementStatus.SCHEDULED,
        (AnnouncementStatus.SCHEDULED, AnnouncementVerb.UNSCHEDULE): AnnouncementStatus.DRAFT,
        (AnnouncementStatus.PUBLISHED, AnnouncementVerb.WITHDRAW): AnnouncementStatus.WITHDRAWN,
        (AnnouncementStatus.PUBLISHED, AnnouncementVerb.EXPIRE): AnnouncementStatus.EXPIRED,
        (AnnouncementStatus.EXPIRED, AnnouncementVerb.WITHDRAW): AnnouncementStatus.WITHDRAWN,
    },
)
"""A withdrawn one never comes back: people would find their old receipt on what they take for a new announcement."""

BY_THE_CLOCK = frozenset({AnnouncementVerb.EXPIRE})
"""Steps that nobody takes by hand."""

EDITABLE = frozenset({AnnouncementStatus.DRAFT, AnnouncementStatus.SCHEDULED})
"""What has been published stays as people read it, and whom it reached stays too."""

OUT = frozenset({AnnouncementStatus.PUBLISHED, AnnouncementStatus.EXPIRED})
"""Its recipients see it, and may say that they read it."""


def offered(status: AnnouncementStatus) -> tuple[AnnouncementVerb, ...]:
    """The verbs that a person can use next."""
    return tuple(verb for verb in ANNOUNCEMENT_FLOW.verbs(status) if verb not in BY_THE_CLOCK)


def wrong_time(publish_at: datetime, at: datetime) -> str | None:
    """Why it cannot be scheduled for this time, if it cannot."""
    if publish_at <= at:
        return "The time of publication lies in the past; publish it instead."
    if publish_at > at + FURTHEST:
        return f"Not more than {FURTHEST.days} days ahead."
    return None


def wrong_end(expires_at: datetime | None, publish_at: datetime | None, at: datetime) -> str | None:
    """Why it cannot expire then, if it cannot; `publish_at` is when it will be published, None for now or some day."""
    if expires_at is None:
        return None
    if expires_at <= at:
        return "The end lies in the past."
    if publish_at is not None and expires_at <= publish_at:
        return "It would end before it is published."
    return None
