"""Members of shared mailboxes."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun


@noun("email_member", order="position", part_of="EmailAccount", description="Somebody a shared mailbox is for (邮箱成员).")
class EmailMember:
    """邮箱成员."""

    user = related("system.User", "user_id", "Who it is (员工).", card=True)
    may_send: bool = column("Whether they also write from it (可发送).")
    position: int = column("The place in the list.", sort=True)


@strawberry.input(description="Somebody a shared mailbox is for.")
class EmailMemberInput:
    """邮箱成员."""

    user_id: strawberry.ID = strawberry.field(description="One of our own people.")
    may_send: bool = strawberry.field(description="Whether they also write from it.", default=True)
