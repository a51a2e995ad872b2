"""Opportunities that channels are asked to take up."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.assignment_flow import offered
from crm.schema.customers.enums import AssignmentStatus, AssignmentVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "channel_assignment",
    entity="channel_assignment",
    label="title",
    order="-created_at",
    description="An opportunity offered to a channel, and what became of it (机会分配). The channel's people see their own; the"
    " opportunity itself while they have taken it up.",
)
class ChannelAssignment(OwnedRecord):
    """机会分配."""

    title: str = column("What the channel is told it is about (机会名称).")
    brief: str | None = column("What the channel is told of it (背景说明).", filterable=False)
    customer_name: str | None = column("Whom it is about; filled when the channel takes it up (客户名称).")
    status: AssignmentStatus = column("Where it stands (状态).")
    respond_by: datetime | None = column("Until when the channel can take it up (答复期限).", sort=True)
    answered_at: datetime | None = column("When the channel answered (答复时间).")
    registered_at: datetime | None = column("When it was registered for the channel (登记时间).")
    protected_until: datetime | None = column("Until when it is the channel's (保护期至).", sort=True)
    ended_at: datetime | None = column("When it ended (结束时间).")
    reason: str | None = column("Why it was declined or taken back (原因).", filterable=False)
    opportunity = related("customers.Opportunity", "opportunity_id", "The opportunity (销售机会).")
    channel = related("customers.Channel", "channel_id", "To whom it was offered (渠道).")
    comments = related_list("system.Comment", "record_id", "What is said of it, first things first (评论).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[AssignmentVerb]:
        """The verbs that the flow table allows from here."""
        return [AssignmentVerb(verb) for verb in offered(AssignmentStatus(root.record["status"]))]


ChannelAssignmentFilter = filter_of(ChannelAssignment)
ChannelAssignmentOrder = order_of(ChannelAssignment)
ChannelAssignmentPayload = payload_of(ChannelAssignment)


@strawberry.input(description="What a channel is offered.")
class OpportunityOfferInput(OwnedValues):
    """机会分配."""

    channel_id: strawberry.ID = strawberry.field(description="To whom (渠道).")
    title: strawberry.Maybe[str] = strawberry.field(
        description="What the channel is told it is about; the opportunity's, if absent."
    )
    brief: strawberry.Maybe[str | None] = strawberry.field(
        description="What the channel is told of it, at most 20,000 characters."
    )
    respond_by: strawberry.Maybe[datetime] = strawberry.field(
        description="Until when it can be taken up; in seven days, if absent, and at most two years ahead (答复期限)."
    )
