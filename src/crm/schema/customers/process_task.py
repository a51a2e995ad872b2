"""Tasks of records of the sales process."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.process_task_flow import PROCESS_TASK_FLOW
from crm.schema.customers.enums import ProcessTaskStatus, ProcessTaskVerb
from crm.schema.customers.process_part import ProcessPart


@noun(
    "process_task",
    order="position",
    part_of="its record",
    label="title",
    description="Something to be done for a record of the sales process (任务).",
)
class ProcessTask(ProcessPart):
    """任务."""

    title: str = column("What is to be done (任务名称).")
    description: str | None = column("Details (说明).", filterable=False)
    status: ProcessTaskStatus = column("To do, being done, done or cancelled (状态).")
    due_on: date | None = column("Until when (截止日期).", sort=True)
    done_at: datetime | None = column("When it was done (完成时间).")
    position: int = column("Its place among the tasks of its record.", sort=True)
    assignee = related("system.User", "assignee_id", "Who is to do it (执行人).", card=True)

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[ProcessTaskVerb]:
        """The verbs that the flow table allows from here."""
        return [ProcessTaskVerb(verb) for verb in PROCESS_TASK_FLOW.verbs(ProcessTaskStatus(root.record["status"]))]


ProcessTaskFilter = filter_of(ProcessTask)
ProcessTaskOrder = order_of(ProcessTask)
ProcessTaskPayload = payload_of(ProcessTask)


@strawberry.input(description="What writing down and updating a task have in common.")
class ProcessTaskValues:
    """Everything but the title, and the status, which the verbs change."""

    description: strawberry.Maybe[str | None] = strawberry.field(description="Details, at most 20,000 characters.")
    assignee_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Who is to do it: the record's owner, or somebody on its team (执行人)."
    )
    due_on: strawberry.Maybe[date | None] = strawberry.field(description="Until when (截止日期).")
    position: strawberry.Maybe[int] = strawberry.field(description="Its place among the tasks; a new one stands last.")


@strawberry.input(description="The values of a task. Absent fields stay as they are; null clears.")
class ProcessTaskUpdateInput(ProcessTaskValues):
    """What an update takes."""

    title: strawberry.Maybe[str] = strawberry.field(description="What is to be done (任务名称).")


@strawberry.input(description="Something to be done.")
class ProcessTaskAddInput(ProcessTaskValues):
    """Record and title must be given."""

    record_id: strawberry.ID = strawberry.field(description="A record of the sales process, such as an opportunity.")
    title: str = strawberry.field(description="What is to be done (任务名称).")
