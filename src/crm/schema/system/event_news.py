"""What `events` delivers: of every topic the same, so that a client has one place where it takes in what changed."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry
from strawberry.types import Info

from crm.graph.nouns import part
from crm.graph.reads import shown
from crm.schema.system.record import Node
from crm.services.topics import TOPICS, Topic


def _told(topic: Topic, what: str) -> Any:
    rule = TOPICS[topic]
    return strawberry.enum_value(topic.value, description=f"{what} Needs `{rule.permission}`.")


@strawberry.enum(description="What events are about (推送主题).")
class EventTopic(Enum):
    """The topics of the stream `events`."""

    CALL_UPDATES = _told(Topic.CALL_UPDATES, "Calls (来电) that the viewer may see: every change of them, whomever they ring.")
    PRESENCE = _told(Topic.PRESENCE, "People whose presence changed (坐席状态): ask `agents` what it is now.")
    RECORD_CHANGES = _told(
        Topic.RECORD_CHANGES,
        "Records (记录变更) that somebody changed, handed over, shared, deleted or restored; of those that `records` names.",
    )
    JOB_PROGRESS = _told(
        Topic.JOB_PROGRESS, "Background jobs (后台任务) that the viewer started: how far they are, and how they end."
    )
    MAIL_RECEIVED = _told(Topic.MAIL_RECEIVED, "Messages (邮件) that came into mailboxes the viewer sees; as `mailReceived`.")
    NOTIFICATIONS = _told(Topic.NOTIFICATIONS, "The viewer's notifications (通知), as they come.")


@part(of="its record", description="Something new about a record (推送): what it is now, not what was done to it.")
class EventNews:
    """Made from an event that has a `cursor`, a `topic` and the `row` of its record."""

    cursor: str = strawberry.field(description="Subscribe with `after` this to get everything that came later.")

    @strawberry.field(description="What it is about.")
    def topic(root: Any) -> EventTopic:
        """The topic of the event."""
        return EventTopic(root.topic.value)

    @strawberry.field(description="The record's id, also where the record is gone.")
    def record_id(root: Any) -> strawberry.ID:
        """The id it always had."""
        return strawberry.ID(str(root.row.id))

    @strawberry.field(description="The record's type, such as `Customer`.")
    def record_type(root: Any) -> str:
        """The name of its GraphQL type."""
        return str(root.row.noun.name)

    @strawberry.field(description="Whether the record lies in the recycle bin now (已删除): then no more is told of it.")
    def deleted(root: Any) -> bool:
        """As of now: one that was restored since is not."""
        return bool(root.deleted)

    @strawberry.field(description="The record as it is now; null where it was deleted.")
    async def record(root: Any, info: Info) -> Node | None:
        """Read under the receiver's own rights."""
        if root.deleted:
            return None
        return await shown(info, root.row.noun, root.row.id, root.row)  # type: ignore[no-any-return]
