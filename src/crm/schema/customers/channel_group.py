"""Groups of channels."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun(
    "channel_group",
    entity="channel_group",
    order="name",
    description="Channels that are treated alike (渠道分组), such as gold partners. For our own people; partners do not see it.",
)
class ChannelGroup(Record):
    """渠道分组."""

    name: str = column("Its name (名称).", sort="name_key")
    description: str | None = column("What they have in common (说明).", filterable=False)
    channels = related_list("customers.Channel", "channel_group_id", "The channels in it (渠道).", search=True)


ChannelGroupFilter = filter_of(ChannelGroup)
ChannelGroupOrder = order_of(ChannelGroup)
ChannelGroupPayload = payload_of(ChannelGroup)


@strawberry.input(description="The values of a group of channels. Absent fields stay as they are; null clears.")
class ChannelGroupUpdateInput:
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name, unique.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What they have in common.")


@strawberry.input(description="A new group of channels.")
class ChannelGroupCreateInput:
    """Only the name must be given."""

    name: str = strawberry.field(description="Its name, unique.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What they have in common.")
