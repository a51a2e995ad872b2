"""Who an announcement was published to, and what became of it there."""

from __future__ import annotations

from datetime import datetime

from crm.access.branches import named
from crm.access.conditions import Compare, Condition, Every, Operator, Related
from crm.access.viewer import Viewer
from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.rules.messaging.announcement_flow import AnnouncementStatus
from crm.schema.system.record import Node


@noun(
    "announcement_receipt",
    order="read_at",
    part_of="Announcement",
    description="One person an announcement was published to (公告回执). Recipients see their own, its authors all.",
)
class AnnouncementReceipt(Node):
    """公告回执. In order of reading, those who have not read it last."""

    user = related("system.User", "user_id", "The person it was published to (接收人).", card=True)
    delivered_at: datetime | None = column("When it first reached a screen of theirs (送达时间).")
    read_at: datetime | None = column("When they read it (阅读时间).", sort=True)
    confirmed_at: datetime | None = column("When they confirmed it (确认时间).")


AnnouncementReceiptFilter = filter_of(AnnouncementReceipt)
AnnouncementReceiptOrder = order_of(AnnouncementReceipt)


def of(viewer: Viewer) -> Condition:
    """The viewer's own receipts."""
    return Compare("user_id", Operator.EQ, viewer.id)


def unread_by(viewer: Viewer) -> Condition:
    """The viewer's own receipts of announcements that are still out and that they have not read."""
    out = Compare("status", Operator.EQ, AnnouncementStatus.PUBLISHED.value)
    unread = Compare("read_at", Operator.IS_NULL, value=True)
    return Every((of(viewer), unread, Related(named("announcement"), "announcement_id", "id", out)))
