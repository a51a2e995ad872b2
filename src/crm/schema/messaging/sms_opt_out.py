"""Numbers that want no short messages."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.messaging.sms_enums import SmsOptOutCause
from crm.schema.system.record import Record


@noun(
    "sms_opt_out",
    entity="sms_opt_out",
    label="number",
    order="-created_at",
    description="A number that wants no short messages (短信退订): nothing but codes is sent to it.",
)
class SmsOptOut(Record):
    """短信退订."""

    number: str = column("As people read it (号码).")
    e164: str = column("World-wide (国际号码).")
    cause: SmsOptOutCause = column("How we know (原因).")
    note: str | None = column("Anything else (备注).")


SmsOptOutFilter = filter_of(SmsOptOut)
SmsOptOutOrder = order_of(SmsOptOut)
SmsOptOutPayload = payload_of(SmsOptOut)


@strawberry.input(description="A number that wants no short messages, by whatever way it said so.")
class SmsOptOutCreateInput:
    """登记退订."""

    number: str = strawberry.field(description="The whole number.")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 200 characters.")
