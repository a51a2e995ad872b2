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
    REJECTED = _told(Notice.REJECTED, "A document of the viewer's was not approved (审批驳回).")
    ESCALATED = _told(Notice.ESCALATED, "A case of the viewer's, or of somebody below them, is running late (服务单升级).")
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
        return None if entry is None else await reads.one(info.context, entry, root.record["record_id"])  # type: ignore[return-value]


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
