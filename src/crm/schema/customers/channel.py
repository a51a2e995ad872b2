"""Channels."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry
from strawberry.types import Info

from crm.graph.fields import computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.schema.customers.channel_result import ChannelResult, results_of
from crm.schema.customers.duplicate import duplicates_field
from crm.schema.customers.party import Party

Since = Annotated[date | None, strawberry.argument(description="From this day on; all there is without it.")]
Until = Annotated[date | None, strawberry.argument(description="To the end of this day.")]


@noun(
    "party",
    entity="channel",
    fixed="CHANNEL",
    segmented=True,
    order="-updated_at",
    description="A partner organisation that sells with us (渠道).",
)
class Channel(Party):
    """渠道."""

    channel_group = related("customers.ChannelGroup", "channel_group_id", "The group it belongs to (渠道分组).")
    territory = related("customers.Territory", "territory_id", "Where it sells (销售区域).")
    customers = related_list("customers.Customer", "channel_id", "The customers that it serves (渠道客户).", search=True)
    assignments = related_list("customers.ChannelAssignment", "channel_id", "What it was asked to take up (机会分配).")
    submissions = related_list("customers.ChannelSubmission", "channel_id", "The opportunities it brought (渠道报备).")
    tasks = related_list("customers.ChannelTask", "channel_id", "Its parts of marketing tasks (渠道任务).")

    @computed("What came of it in a time, as far as the viewer may see it (渠道业绩).")
    async def results(root: Row, info: Info, since: Since = None, until: Until = None) -> ChannelResult | None:
        """One statement for all channels of a page."""
        root.check("results")
        return await results_of(info.context, root.id, since, until)


ChannelFilter = filter_of(Channel)
ChannelOrder = order_of(Channel)
ChannelPayload = payload_of(Channel, duplicates=duplicates_field())
