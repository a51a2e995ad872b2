"""What service cases are promised."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import CasePriority
from crm.schema.system.record import Record


@noun(
    "sla_policy",
    entity="sla_policy",
    order="name",
    description="Within how much working time cases of one priority are answered and resolved (服务时限).",
)
class SlaPolicy(Record):
    """服务时限."""

    name: str = column("Its name (名称).", sort="name_key")
    priority: CasePriority = column("Of which cases; each priority has one policy at most (优先级).")
    response_minutes: int = column("Minutes of working time until the customer hears from us (响应时限).")
    resolution_minutes: int = column("Minutes of working time until it is resolved (解决时限).")
    near_percent: int = column("After how much of it, in whole per cent, somebody is told that it is near (预警比例).")
    work_calendar = related("system.WorkCalendar", "work_calendar_id", "By which calendar it is counted (工作日历).")


SlaPolicyFilter = filter_of(SlaPolicy)
SlaPolicyOrder = order_of(SlaPolicy)
SlaPolicyPayload = payload_of(SlaPolicy)


@strawberry.input(description="What creation and update of a policy have in common.")
class SlaPolicyValues:
    """What has a value of its own at first."""

    near_percent: strawberry.Maybe[int] = strawberry.field(description="1 to 99; 80 at first (预警比例).")


@strawberry.input(description="The values of a policy. Absent fields stay as they are.")
class SlaPolicyUpdateInput(SlaPolicyValues):
    """Everything but the priority."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name (名称).")
    work_calendar_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="By which calendar (工作日历).")
    response_minutes: strawberry.Maybe[int] = strawberry.field(description="1 to 525600, not above the other (响应时限).")
    resolution_minutes: strawberry.Maybe[int] = strawberry.field(description="1 to 525600 (解决时限).")


@strawberry.input(description="A new policy.")
class SlaPolicyCreateInput(SlaPolicyValues):
    """All but the percentage must be given."""

    name: str = strawberry.field(description="Its name (名称).")
    priority: CasePriority = strawberry.field(description="Of which cases; never changes (优先级).")
    work_calendar_id: strawberry.ID = strawberry.field(description="By which calendar (工作日历).")
    response_minutes: int = strawberry.field(description="1 to 525600, not above the other (响应时限).")
    resolution_minutes: int = strawberry.field(description="1 to 525600 (解决时限).")
