"""Customers."""

from __future__ import annotations

from crm.graph.fields import related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.party import Party


@noun(
    "party",
    entity="customer",
    fixed="CUSTOMER",
    order="-updated_at",
    description="An organisation or person that buys from us, or might (客户).",
)
class Customer(Party):
    """客户."""

    channel = related("customers.Channel", "channel_id", "The channel that serves it (所属渠道).")


CustomerFilter = filter_of(Customer)
CustomerOrder = order_of(Customer)
CustomerPayload = payload_of(Customer)
