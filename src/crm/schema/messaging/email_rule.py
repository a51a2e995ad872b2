"""Rules of mailboxes."""

from __future__ import annotations

import orjson
import strawberry

from crm.graph.fields import column, computed, related
from crm.graph.nouns import noun, part
from crm.graph.rows import Row
from crm.schema.messaging.email_enums import EmailFolder, EmailRuleField, EmailRuleTest


@part(of="EmailRule", description="What a message has to be like (收信条件).")
class EmailRuleCondition:
    """收信条件."""

    field: EmailRuleField = strawberry.field(description="What of it is looked at (字段).")
    test: EmailRuleTest = strawberry.field(description="How it is compared (比较).")
    value: str = strawberry.field(description="With what (值).")


@noun(
    "email_rule",
    order="position",
    part_of="EmailAccount",
    description="What is done with messages that arrive (收信规则): tried in their order, until one says stop.",
    extra=("conditions",),
)
class EmailRule:
    """收信规则."""

    name: str = column("What it is about (名称).")
    active: bool = column("Whether it is asked (启用).")
    any_of: bool = column("Whether one of its conditions is enough (满足任一).")
    folder: EmailFolder | None = column("Where the message is put; null leaves it in the inbox (移动到).")
    mark_seen: bool = column("Whether it counts as read (标为已读).")
    mark_flagged: bool = column("Whether it is flagged (加星标).")
    stop: bool = column("Whether no further rule is asked (停止).")
    position: int = column("Its place in the list.", sort=True)
    assignee = related("system.User", "assignee_id", "Who looks after it (处理人).", card=True)

    @computed("What a message has to be like (条件).", needs=("conditions",))
    def conditions(root: Row) -> list[EmailRuleCondition]:
        """As they were given."""
        kept = root.record["conditions"]
        found = orjson.loads(kept) if isinstance(kept, str | bytes) else kept
        return [
            EmailRuleCondition(field=EmailRuleField(each["field"]), test=EmailRuleTest(each["test"]), value=each["value"])
            for each in found
        ]


@strawberry.input(description="What a message has to be like.")
class EmailRuleConditionInput:
    """收信条件."""

    field: EmailRuleField = strawberry.field(description="What of it is looked at.")
    test: EmailRuleTest = strawberry.field(description="How it is compared; CONTAINS if absent.", default=EmailRuleTest.CONTAINS)
    value: str = strawberry.field(description="With what, at most 200 characters; HAS_ATTACHMENT needs none.", default="")


@strawberry.input(description="What is done with messages that arrive.")
class EmailRuleInput:
    """收信规则."""

    name: str = strawberry.field(description="What it is about.")
    conditions: list[EmailRuleConditionInput] = strawberry.field(description="1 to 20 of them.")
    active: bool = strawberry.field(description="Whether it is asked.", default=True)
    any_of: bool = strawberry.field(description="Whether one of the conditions is enough.", default=False)
    folder: EmailFolder | None = strawberry.field(description="INBOX, ARCHIVE or JUNK.", default=None)
    mark_seen: bool = strawberry.field(description="Whether it counts as read.", default=False)
    mark_flagged: bool = strawberry.field(description="Whether it is flagged.", default=False)
    assignee_id: strawberry.ID | None = strawberry.field(description="Who looks after it.", default=None)
    stop: bool = strawberry.field(description="Whether no further rule is asked.", default=True)
