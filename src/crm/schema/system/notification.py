"""Notifications."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, cast

import strawberry
from strawberry.types import Info

from crm.access.conditions import Compare, Operator
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun, noun_named, noun_of_record, part
from crm.graph.orders import order_of
from crm.graph.payloads import USER_ERRORS, Done, UserError
from crm.graph.rows import Row
from crm.rules.system.notices import Notice
from crm.schema.system.record import Node

_UNREAD = Compare("read_at", Operator.IS_NULL, value=True)


def _told(notice: Notice, what: str) -> Any:
    return strawberry.enum_value(notice.value, description=what)


@strawberry.enum(description="What happened (通知类型).")
class NotificationKind(Enum):
    """通知类型."""

    HANDED_TO_YOU = _told(Notice.HANDED_TO_YOU, "The record was handed to the viewer (移交给我).")
    TAKEN_OVER = _told(Notice.TAKEN_OVER, "The record was the viewer's and was handed to somebody else (被移交).")
    SHARED_WITH_YOU = _told(Notice.SHARED_WITH_YOU, "The record was shared with the viewer (共享给我).")
    ASSIGNED = _told(Notice.ASSIGNED, "An activity was planned for the viewer, such as a call-back (任务分配).")
    DELETED = _told(Notice.DELETED, "A record of the viewer's was deleted (被删除).")
    APPROVED = _told(Notice.APPROVED, "A document of the viewer's was approved (审批通过).")
    REJECTED = _told(Notice.REJECTED, "A document or submission of the viewer's was not approved (审批驳回).")
    OFFERED = _told(Notice.OFFERED, "An opportunity was offered to the viewer's channel (机会分配).")
    OFFER_ACCEPTED = _told(Notice.OFFER_ACCEPTED, "A channel took up what it was offered (渠道接受).")
    OFFER_DECLINED = _told(Notice.OFFER_DECLINED, "A channel gave back what it was offered (渠道拒绝).")
    OFFER_WITHDRAWN = _told(Notice.OFFER_WITHDRAWN, "An assignment was taken back from the viewer's channel (撤回分配).")
    OFFER_EXPIRED = _told(Notice.OFFER_EXPIRED, "An offer was not answered in time, or a protection ended (分配过期).")
    SUBMITTED = _told(Notice.SUBMITTED, "A channel submitted an opportunity (渠道报备).")
    REGISTERED = _told(Notice.REGISTERED, "An opportunity is registered for the viewer's channel (已登记).")
    COMMENTED = _told(Notice.COMMENTED, "Somebody commented on the record (新评论).")
    TASK_DISPATCHED = _told(Notice.TASK_DISPATCHED, "The viewer's channel has a marketing task to do (任务下发).")
    TASK_REPORTED = _told(Notice.TASK_REPORTED, "A channel reported on a marketing task (任务汇报).")
    ESCALATED = _told(Notice.ESCALATED, "A case of the viewer's, or of somebody below them, is running late (服务单升级).")
    RECYCLED_SOON = _told(Notice.RECYCLED_SOON, "A customer of the viewer's will go to the public pool soon (即将回收).")
    RECYCLED = _told(Notice.RECYCLED, "A customer of the viewer's went to the public pool (已回收到公海).")
    SMS_RECEIVED = _told(Notice.SMS_RECEIVED, "Somebody answered a short message, or wrote one (收到短信).")
    EMAIL_RECEIVED = _told(Notice.EMAIL_RECEIVED, "A message by e-mail came in (收到邮件).")
    EMAIL_UNDELIVERED = _told(Notice.EMAIL_UNDELIVERED, "A message did not reach all it was for (邮件未送达).")
    EMAIL_FAILING = _told(Notice.EMAIL_FAILING, "A server does not let a mailbox in any more (邮箱连接失败).")
    JOB_FAILED = _told(Notice.JOB_FAILED, "A background job was given up: one that the viewer started, or may retry (任务失败).")


@noun(
    "notification",
    order="-created_at",
    description="Something that somebody else did and the viewer wants to know of (通知). Everybody sees only their own.",
    extra=("record_id",),
)
class Notification(Node):
    """通知."""

    kind: NotificationKind = column("What happened (通知类型).")
    created_at: datetime = column("When it happened (通知时间).", sort=True)
    read_at: datetime | None = column("When the viewer read it (阅读时间); null where they have not.")
    actor = related("system.User", "actor_id", "Who did it (操作人); null where nobody did: a missed call's task.", card=True)

    @computed("The record it is about; null once it is gone, or the viewer may not see it.", needs=("record_id",))
    async def record(root: Row, info: Info) -> Node | None:
        """The record itself, under its own rights. Nothing of it is kept here."""
        entry = noun_of_record(root.record["record_id"])
        return None if entry is None else await reads.one(info.context, entry, root.record["record_id"], window=True)  # type: ignore[return-value]


NotificationFilter = filter_of(Notification)
NotificationOrder = order_of(Notification)


async def unread_count(operation: Operation) -> int:
    """How many of the viewer's own notifications they have not read."""
    return await reads.total(operation, noun_named("Notification"), None, None, _UNREAD)


@part(of="its mutation", description="What mutations of notifications answer.")
class NotificationsPayload:
    """已读结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)

    @strawberry.field(description="How many are unread now (未读通知数); null when nothing was changed.")
    async def unread_count(root: Any, info: Info) -> int | None:
        """Counted after the commit."""
        return None if cast(Done, root).user_errors else await unread_count(info.context)
