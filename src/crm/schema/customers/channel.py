"""Channels."""

from __future__ import annotations

from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.duplicate import duplicates_field
from crm.schema.customers.party import Party


@noun(
    "party",
    entity="channel",
    fixed="CHANNEL",
    order="-updated_at",
    description="A partner organisation that sells with us (渠道).",
)
class Channel(Party):
    """渠道."""


ChannelFilter = filter_of(Channel)
ChannelOrder = order_of(Channel)
ChannelPayload = payload_of(Channel, duplicates=duplicates_field())
