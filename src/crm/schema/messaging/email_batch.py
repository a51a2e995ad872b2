"""Bulk messages by e-mail."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.messaging.email_flow import EmailBatchStatus as Status
from crm.rules.messaging.email_flow import batch_offered
from crm.schema.messaging.email_enums import EmailBatchStatus, EmailBatchVerb, EmailCategory
from crm.schema.messaging.sms_message import SmsValueInput
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "email_batch",
    entity="email_batch",
    order="-created_at",
    description="One letter to many (邮件群发). What became of each recipient stands in its `messages`.",
)
class EmailBatch(OwnedRecord):
    """邮件群发."""

    name: str = column("What it is about (名称).")
    status: EmailBatchStatus = column("Where it stands (状态).")
    category: EmailCategory = column("What it is for (类别).")
    subject: str = column("The subject, with placeholders where a template has them (主题).", filterable=False)
    text: str = column("The text (正文).", filterable=False)
    html: str | None = column("The same in HTML (富文本正文).", filterable=False)
    send_at: datetime | None = column("For when it is meant (定时发送时间).")
    recipient_count: int = column("Whom it was for, when it was sent (收件人数).")
    prepared_count: int = column("For how many of them that has been looked at (已准备).")
    refused_count: int = column("How many of them get nothing (未发送数); each has its reason.")
    cancelled_at: datetime | None = column("When the rest was cancelled (取消时间).")
    account = related("messaging.EmailAccount", "account_id", "From which mailbox (邮箱).")
    template = related("messaging.EmailTemplate", "template_id", "From which template (邮件模板).")
    messages = related_list("messaging.EmailMessage", "batch_id", "One for each recipient, those that get nothing too (邮件).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[EmailBatchVerb]:
        """The verbs that the flow table allows from here."""
        return list(batch_offered(Status(root.record["status"])))


EmailBatchFilter = filter_of(EmailBatch)
EmailBatchOrder = order_of(EmailBatch)
EmailBatchPayload = payload_of(EmailBatch)


@strawberry.input(description="To whom a bulk message goes, and what it says.")
class EmailBatchInput:
    """群发内容. Contacts, parties and a filter over contacts come together; each recipient counts once."""

    account_id: strawberry.ID = strawberry.field(description="From which mailbox of yours.")
    subject: strawberry.Maybe[str] = strawberry.field(description="One line, at most 400 characters.")
    text: strawberry.Maybe[str] = strawberry.field(description="The text; made of the HTML where there is only that.")
    html: strawberry.Maybe[str | None] = strawberry.field(description="The same in HTML; made harmless.")
    template_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="A template (邮件模板).")
    variables: strawberry.Maybe[list[SmsValueInput]] = strawberry.field(description="The values that it is to be given.")
    category: strawberry.Maybe[EmailCategory] = strawberry.field(
        description="NOTICE or MARKETING, which it is if absent. A template brings its own."
    )
    send_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When, within 90 days; at once, if absent.")
    contact_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(description="To these contacts (联系人).")
    party_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="To these parties, by their own addresses (单位)."
    )


@strawberry.input(description="A bulk message to be sent.")
class EmailBatchSendInput(EmailBatchInput, OwnedValues):
    """邮件群发."""

    name: str = strawberry.field(description="What it is about (名称).")
    expected_recipients: strawberry.Maybe[int] = strawberry.field(
        description="How many recipients the preview told; another number by now answers CONFLICT."
    )
