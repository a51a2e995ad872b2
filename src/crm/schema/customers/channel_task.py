"""What channels have to do of a marketing task."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import ChannelTaskState
from crm.schema.system.record import Node


@noun(
    "channel_task",
    order="-dispatched_at",
    part_of="MarketingTask",
    description="One channel's part of a marketing task (渠道任务). A channel sees its own; our people see all of what they see.",
)
class ChannelTask(Node):
    """渠道任务."""

    dispatched_at: datetime = column("When the channel got it (下发时间).", sort=True)
    state: ChannelTaskState = column("How far it is, by the figure (状态).")
    percent: int = column("How far it is, in whole per cent (进度).")
    report: str | None = column("What the channel says of it (汇报).", filterable=False)
    reported_at: datetime | None = column("When the channel said so last (汇报时间).")
    reported_by = related("system.User", "reported_by_id", "Who said so (汇报人).", card=True)
    channel = related("customers.Channel", "channel_id", "Whose part it is (渠道).")
    task = related("customers.MarketingTask", "marketing_task_id", "Of which task (营销任务).")


ChannelTaskFilter = filter_of(ChannelTask)
ChannelTaskOrder = order_of(ChannelTask)
ChannelTaskPayload = payload_of(ChannelTask)


@strawberry.input(description="How far a channel is with its part of a marketing task.")
class ChannelTaskReportInput:
    """汇报."""

    percent: int = strawberry.field(description="0 to 100 per cent; 100 is done (进度).")
    report: strawberry.Maybe[str | None] = strawberry.field(description="More on it, at most 20,000 characters (汇报).")
