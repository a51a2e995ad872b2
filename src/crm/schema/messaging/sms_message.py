"""Short messages."""

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
from crm.rules.messaging.sms_flow import offered
from crm.schema.messaging.sms_enums import SmsCategory, SmsDirection, SmsEncoding, SmsReason, SmsState, SmsVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "sms_message",
    entity="sms_message",
    label="text",
    order="-created_at",
    description="A short message, sent or received (短信). What becomes of it follows from what the provider reports.",
)
class SmsMessage(OwnedRecord):
    """短信."""

    direction: SmsDirection = column("Whether we wrote it (方向).")
    state: SmsState = column("Where it stands (状态).")
    category: SmsCategory = column("What it is for (类别).")
    e164: str | None = column("The other number, world-wide (号码).", hidden_with="number")
    number: str | None = column("The same as people read it (显示号码).", hidden_with="e164")
    text: str = column("What it says, with its signature (内容).", filterable=False)
    encoding: SmsEncoding = column("The alphabet it is sent in (编码).")
    segments: int = column("Of how many parts it is (条数).")
    cost: Decimal | None = column("What that costs (费用).")
    currency: str = column("In which currency (币种).")
    send_at: datetime | None = column("For when it was meant (定时发送时间).")
    submitted_at: datetime | None = column("When the provider took it (提交时间).")
    delivered_at: datetime | None = column("When it arrived (送达时间).")
    ended_at: datetime | None = column("When nothing more was to come (结束时间).")
    tries: int = column("How often it was tried (尝试次数).")
    repeated: bool = column("Whether it was sent again after an answer that never came, so it may have arrived twice (可能重复).")
    reason: SmsReason | None = column("Why it was not sent or did not arrive (失败原因).")
    detail: str | None = column("The provider's words for that (说明).", filterable=False)
    account = related("messaging.SmsAccount", "account_id", "By which account (短信账号).")
    template = related("messaging.SmsTemplate", "template_id", "From which template (短信模板).")
    batch = related("messaging.SmsBatch", "batch_id", "Part of which bulk message (群发).")
    party = related("customers.Party", "party_id", "With which party (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    recipient = related("system.User", "recipient_id", "To which of our own people (员工).", card=True)
    activity = related("customers.Activity", "activity_id", "The activity that was made of it (活动).")
    reply_to = related("messaging.SmsMessage", "reply_to_id", "The message that it answers (回复的短信).")
    replies = related_list("messaging.SmsMessage", "reply_to_id", "What was answered (回复).")

    @computed("What people can do with it next; rights come on top.", needs=("state",))
    def actions(root: Row) -> list[SmsVerb]:
        """The verbs that the flow table allows from here."""
        return list(offered(SmsState(root.record["state"])))


SmsMessageFilter = filter_of(SmsMessage)
SmsMessageOrder = order_of(SmsMessage)
SmsMessagePayload = payload_of(SmsMessage)


@strawberry.input(description="The value of one variable of a template.")
class SmsValueInput:
    """变量值."""

    name: str = strawberry.field(description="The variable's name.")
    value: str = strawberry.field(description="What is put in its place: no brackets, mark-up or line breaks.")


@strawberry.input(description="What a short message says, alone or in bulk: a template with its values, or a text.")
class SmsTextInput:
    """Either of the two."""

    template_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="A template (短信模板).")
    variables: strawberry.Maybe[list[SmsValueInput]] = strawberry.field(description="The values that it is to be given.")
    text: strawberry.Maybe[str] = strawberry.field(description="A text of one's own, at most 1,000 characters, no signature.")
    category: strawberry.Maybe[SmsCategory] = strawberry.field(
        description="What the text is for; NOTICE if absent. A template brings its own."
    )
    account_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="By which account; if absent the template's, or the primary one."
    )
    send_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When, within 90 days; at once, if absent.")


@strawberry.input(description="A short message to a contact, a party or a number.")
class SmsMessageSendInput(SmsTextInput, OwnedValues):
    """发送短信."""

    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="To a contact, by their first mobile number."
    )
    party_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="To a party, by its own first mobile number.")
    number: strawberry.Maybe[str | None] = strawberry.field(
        description="To this mobile number; beside the others, one of theirs."
    )
