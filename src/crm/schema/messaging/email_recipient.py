"""Recipients of messages by e-mail."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun
from crm.schema.messaging.email_enums import EmailRecipientRole, EmailRecipientState


@noun(
    "email_recipient",
    order="position",
    part_of="EmailMessage",
    description="Somebody a message is to, and what became of it there (收件人).",
)
class EmailRecipient:
    """收件人."""

    role: EmailRecipientRole = column("How they are addressed (方式).")
    address: str = column("Their address (邮箱地址).")
    name: str | None = column("What they are called there (姓名).")
    state: EmailRecipientState = column("What became of it (投递状态).")
    reply: str | None = column("What their server said (服务器答复).", filterable=False)
    status_code: str | None = column("Its code, such as 550 or 5.1.1 (状态码).")
    settled_at: datetime | None = column("When it said that (时间).")
    repeated: bool = column("Whether it may have arrived twice (可能重复).")
    position: int = column("The place in the list.", sort=True)
    party = related("customers.Party", "party_id", "Whose address it is (单位).")
    contact = related("customers.Contact", "contact_id", "Who it is there (联系人).")


@strawberry.input(description="Somebody a message is to.")
class EmailAddressee:
    """收件人."""

    address: str = strawberry.field(description="One address, such as name@example.com.")
    name: str | None = strawberry.field(description="The name beside it.", default=None)
