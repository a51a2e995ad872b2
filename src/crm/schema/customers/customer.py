"""Customers."""

from __future__ import annotations

from datetime import datetime

from crm.graph.fields import column, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.duplicate import duplicates_field
from crm.schema.customers.party import Party


@noun(
    "party",
    entity="customer",
    fixed="CUSTOMER",
    segmented=True,
    order="-updated_at",
    description="An organisation or person that buys from us, or might (客户).",
)
class Customer(Party):
    """客户."""

    owner_since: datetime | None = column("Since when its owner has it (负责起始时间).")
    protected_until: datetime | None = column("Until when it is not recycled (保护期至); null where it is not protected.")
    pool_stays = related_list("customers.PoolStay", "party_id", "When it lay in the public pool (公海记录).")

    channel = related("customers.Channel", "channel_id", "The channel that serves it (所属渠道).")


CustomerFilter = filter_of(Customer)
CustomerOrder = order_of(Customer)
CustomerPayload = payload_of(Customer, duplicates=duplicates_field())
