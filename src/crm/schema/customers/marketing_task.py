"""Marketing tasks."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.graph.fields import column, computed, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.marketing_task_flow import MARKETING_TASK_FLOW
from crm.schema.customers.enums import MarketingTaskStatus, MarketingTaskVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "marketing_task",
    entity="marketing_task",
    label="title",
    order="-created_at",
    description="What channels are asked to do (营销任务). The people of a channel it was dispatched to see it, with their part.",
)
class MarketingTask(OwnedRecord):
    """营销任务."""

    title: str = column("What it is (任务名称).")
    description: str | None = column("What is to be done (内容).", filterable=False)
    due_on: date | None = column("By when (截止日期).", sort=True)
    status: MarketingTaskStatus = column("Where it stands (状态).")
    dispatched_at: datetime | None = column("When it was dispatched first (下发时间).")
    ended_at: datetime | None = column("When it was completed or cancelled (结束时间).")
    channel_tasks = related_list(
        "customers.ChannelTask", "marketing_task_id", "Each channel's part; for partners their own (进度)."
    )

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[MarketingTaskVerb]:
        """The verbs that the flow table allows from here."""
        return [MarketingTaskVerb(verb) for verb in MARKETING_TASK_FLOW.verbs(MarketingTaskStatus(root.record["status"]))]


MarketingTaskFilter = filter_of(MarketingTask)
MarketingTaskOrder = order_of(MarketingTask)
MarketingTaskPayload = payload_of(MarketingTask)


@strawberry.input(description="What creation and update of a marketing task have in common.")
class MarketingTaskValues(OwnedValues):
    """营销任务."""

    description: strawberry.Maybe[str | None] = strawberry.field(description="What is to be done, at most 20,000 characters.")
    due_on: strawberry.Maybe[date | None] = strawberry.field(description="By when (截止日期).")


@strawberry.input(description="The values of a marketing task. Absent fields stay as they are; null clears.")
class MarketingTaskUpdateInput(MarketingTaskValues):
    """What an update takes."""

    title: strawberry.Maybe[str] = strawberry.field(description="What it is (任务名称).")


@strawberry.input(description="A new marketing task, which no channel sees before it is dispatched.")
class MarketingTaskCreateInput(MarketingTaskValues):
    """The title must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What it is (任务名称).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is responsible for it (负责人).")
