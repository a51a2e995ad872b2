"""Bulk messages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.messaging.sms_flow import SmsBatchStatus as Status
from crm.rules.messaging.sms_flow import batch_offered
from crm.schema.messaging.sms_enums import SmsBatchStatus, SmsBatchVerb, SmsCategory
from crm.schema.messaging.sms_message import SmsTextInput
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "sms_batch",
    entity="sms_batch",
    order="-created_at",
    description="One short message to many (短信群发). What became of each recipient stands in its `messages`.",
)
class SmsBatch(OwnedRecord):
    """短信群发."""

    name: str = column("What it is about (名称).")
    status: SmsBatchStatus = column("Where it stands (状态).")
    category: SmsCategory = column("What it is for (类别).")
    text: str = column("What it says, with placeholders where a template has them (内容).", filterable=False)
    send_at: datetime | None = column("For when it is meant (定时发送时间).")
    recipient_count: int = column("Whom it was for, when it was sent (收件人数).")
    prepared_count: int = column("For how many of them that has been looked at (已准备).")
    refused_count: int = column("How many of them get nothing (未发送数); each has its reason.")
    segment_count: int = column("Of how many parts its messages are (总条数).")
    cost: Decimal | None = column("What they cost (费用).")
    currency: str = column("In which currency (币种).")
    cancelled_at: datetime | None = column("When the rest was cancelled (取消时间).")
    account = related("messaging.SmsAccount", "account_id", "By which account (短信账号).")
    template = related("messaging.SmsTemplate", "template_id", "From which template (短信模板).")
    messages = related_list("messaging.SmsMessage", "batch_id", "One for each recipient, those that get nothing too (短信).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[SmsBatchVerb]:
        """The verbs that the flow table allows from here."""
        return list(batch_offered(Status(root.record["status"])))


SmsBatchFilter = filter_of(SmsBatch)
SmsBatchOrder = order_of(SmsBatch)
SmsBatchPayload = payload_of(SmsBatch)


@strawberry.input(description="To whom a bulk message goes, and what it says.")
class SmsBatchInput(SmsTextInput):
    """群发内容. Contacts, parties and a filter over contacts come together; each recipient counts once."""

    contact_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(description="To these contacts (联系人).")
    party_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="To these parties, by their own numbers (单位)."
    )


@strawberry.input(description="A bulk message to be sent.")
class SmsBatchSendInput(SmsBatchInput, OwnedValues):
    """短信群发."""

    name: str = strawberry.field(description="What it is about (名称).")
    expected_recipients: strawberry.Maybe[int] = strawberry.field(
        description="How many recipients the preview told; another number by now answers CONFLICT."
    )
