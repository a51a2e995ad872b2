"""After-sales maintenance."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.maintenance_flow import MAINTENANCE_FLOW
from crm.schema.customers.enums import MaintenanceStatus, MaintenanceVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "maintenance",
    entity="maintenance",
    label="title",
    order="-created_at",
    description="One piece of work on what was delivered to a party, after the sale (后期维护).",
)
class Maintenance(OwnedRecord):
    """后期维护."""

    title: str = column("What is to be done (维护主题).")
    status: MaintenanceStatus = column("Where it stands (维护状态).")
    product: str | None = column("What it is done to (产品).")
    warranty_ends_on: date | None = column("The last day of the warranty (保修截止日期).", sort=True)
    due_on: date | None = column("When it is to be done (计划维护日期).", sort=True)
    started_at: datetime | None = column("When it was first started (开始时间).")
    done_at: datetime | None = column("When it was done (完成时间).")
    result: str | None = column("What came of it (维护结果).", filterable=False)
    cost: Decimal | None = column("What it cost us, in the organisation's currency (费用).")
    cancelled_at: datetime | None = column("When it was cancelled (取消时间).")
    cancel_reason: str | None = column("Why it was cancelled (取消原因).", filterable=False)
    note: str | None = column("Anything else (备注).", filterable=False)
    party = related("customers.Party", "party_id", "For whom (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    delivery = related("trade.Delivery", "delivery_id", "What was delivered (发货单).")
    project = related("customers.Project", "project_id", "To which project it belongs (项目).")
    activities = related_list("customers.Activity", "maintenance_id", "What is planned and was done about it (活动).")
    stakeholders = related_list("customers.Stakeholder", "maintenance_id", "Who at the party has a say in it (影响者).")
    team = related_list("customers.TeamMember", "maintenance_id", "Who works on it besides the owner (团队).")
    tasks = related_list("customers.ProcessTask", "maintenance_id", "What is to be done for it (任务).")
    competitors = related_list("customers.Competition", "maintenance_id", "Who wants the same business (竞争对手).")
    service_cases = related_list("customers.ServiceCase", "maintenance_id", "The service cases about it (服务单).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[MaintenanceVerb]:
        """The verbs that the flow table allows from here."""
        return [MaintenanceVerb(verb) for verb in MAINTENANCE_FLOW.verbs(MaintenanceStatus(root.record["status"]))]


MaintenanceFilter = filter_of(Maintenance)
MaintenanceOrder = order_of(Maintenance)
MaintenancePayload = payload_of(Maintenance)


@strawberry.input(description="What creation and update of a maintenance have in common.")
class MaintenanceValues(OwnedValues):
    """Everything but what it is about, and the status, which the verbs change."""

    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With whom there; of that party.")
    delivery_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="What was delivered; to that party, and it has left (发货单)."
    )
    project_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of which project; of that party (项目).")
    product: strawberry.Maybe[str | None] = strawberry.field(description="What it is done to, at most 500 characters (产品).")
    warranty_ends_on: strawberry.Maybe[date | None] = strawberry.field(description="The last day of the warranty.")
    due_on: strawberry.Maybe[date | None] = strawberry.field(description="When it is to be done (计划维护日期).")
    cost: strawberry.Maybe[Decimal | None] = strawberry.field(
        description="What it cost us, in the organisation's currency; not negative (费用)."
    )
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="The values of a maintenance. Absent fields stay as they are; null clears.")
class MaintenanceUpdateInput(MaintenanceValues):
    """Everything but the party."""

    title: strawberry.Maybe[str] = strawberry.field(description="What is to be done (维护主题).")


@strawberry.input(description="A new maintenance. Of a delivery or project that is given, it takes over what is not said.")
class MaintenanceCreateInput(MaintenanceValues):
    """Title, and a party, delivery or project, must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What is to be done (维护主题).")
    party_id: strawberry.Maybe[strawberry.ID] = strawberry.field(
        description="For whom; by default that of the delivery or project. Never changes (单位)."
    )
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is to do it (负责人).")


@strawberry.input(description="How a maintenance ended.")
class MaintenanceCompleteInput:
    """Absent fields stay as they are."""

    done_at: strawberry.Maybe[datetime] = strawberry.field(description="When it was done; now, if absent.")
    result: strawberry.Maybe[str | None] = strawberry.field(description="What came of it (维护结果).")
    cost: strawberry.Maybe[Decimal | None] = strawberry.field(description="What it cost us; not negative (费用).")
