"""Addresses that get nothing in bulk."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.messaging.email_enums import EmailSuppressionCause
from crm.schema.system.record import Record


@noun(
    "email_suppression",
    entity="email_suppression",
    label="address",
    order="-created_at",
    description="An address that gets nothing in bulk (邮件退订). Letters to it alone are sent as ever.",
)
class EmailSuppression(Record):
    """邮件退订."""

    address: str = column("The address (邮箱地址).")
    cause: EmailSuppressionCause = column("Why (原因).")
    note: str | None = column("Anything else (备注).")


EmailSuppressionFilter = filter_of(EmailSuppression)
EmailSuppressionOrder = order_of(EmailSuppression)
EmailSuppressionPayload = payload_of(EmailSuppression)


@strawberry.input(description="An address that gets nothing in bulk, by whatever way it said so.")
class EmailSuppressionCreateInput:
    """登记退订."""

    address: str = strawberry.field(description="The address.")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 200 characters.")
