"""Projects."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry
from strawberry.types import Info

from crm.core.errors import FieldForbidden
from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.project_flow import PROJECT_FLOW
from crm.schema.customers.enums import ProjectStatus, ProjectVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord

COST = "maintenance.cost"


@noun(
    "project",
    entity="project",
    label="number",
    order="-created_at",
    description="What is carried out for a party: what an opportunity or a contract became, or by itself (项目).",
)
class Project(OwnedRecord):
    """项目."""

    number: str = column("Its number, such as PJ-2026-000001: gapless, for good (项目编号).")
    title: str = column("What it is about (项目名称).")
    status: ProjectStatus = column("Where it stands (项目状态).")
    starts_on: date | None = column("When it is to begin (计划开始日期).")
    due_on: date | None = column("When it is to be completed (计划完成日期).", sort=True)
    budget: Decimal | None = column("What it may cost, in the organisation's currency (预算).")
    started_at: datetime | None = column("When it was first started (启动时间).")
    completed_at: datetime | None = column("When it was completed (完成时间).")
    hold_reason: str | None = column("Why it is on hold (暂停原因).", filterable=False)
    cancelled_at: datetime | None = column("When it was cancelled (取消时间).")
    cancel_reason: str | None = column("Why it was cancelled (取消原因).", filterable=False)
    note: str | None = column("Anything else (备注).", filterable=False)
    party = related("customers.Party", "party_id", "For whom (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    opportunity = related("customers.Opportunity", "opportunity_id", "What it came of (销售机会).")
    contract = related("marketing.Contract", "contract_id", "What it carries out (合同).")
    activities = related_list("customers.Activity", "project_id", "What is planned and was done about it (活动).")
    stakeholders = related_list("customers.Stakeholder", "project_id", "Who at the party has a say in it (影响者).")
    team = related_list("customers.TeamMember", "project_id", "Who works on it besides the owner (团队).")
    tasks = related_list("customers.ProcessTask", "project_id", "What is to be done for it (任务).")
    competitors = related_list("customers.Competition", "project_id", "Who wants the same business (竞争对手).")
    maintenances = related_list("customers.Maintenance", "project_id", "The maintenance that belongs to it (后期维护).")
    service_cases = related_list("customers.ServiceCase", "project_id", "The service cases about it (服务单).")

    @computed(
        "What all its maintenance has cost by now, in the organisation's currency; cancelled ones do not count (成本).",
        needs=("cost",),
        requires="maintenance.read",
    )
    def cost(root: Row, info: Info) -> Decimal | None:
        """Hidden wherever the cost of maintenance is: it is the sum of it."""
        root.check("cost")
        if COST in info.context.rights.hidden:
            raise FieldForbidden(COST)
        found: Decimal = root.record["cost"]
        return found

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[ProjectVerb]:
        """The verbs that the flow table allows from here."""
        return [ProjectVerb(verb) for verb in PROJECT_FLOW.verbs(ProjectStatus(root.record["status"]))]


ProjectFilter = filter_of(Project)
ProjectOrder = order_of(Project)
ProjectPayload = payload_of(Project)


@strawberry.input(description="What creation, conversion and update of a project have in common.")
class ProjectValues(OwnedValues):
    """Everything but where it came from, and the status, which the verbs change."""

    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With whom there; of that party.")
    contract_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="What it carries out; of that party (合同)."
    )
    starts_on: strawberry.Maybe[date | None] = strawberry.field(description="When it is to begin (计划开始日期).")
    due_on: strawberry.Maybe[date | None] = strawberry.field(description="When it is to be completed (计划完成日期).")
    budget: strawberry.Maybe[Decimal | None] = strawberry.field(
        description="What it may cost, in the organisation's currency; not negative (预算)."
    )
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="The values of a project. Absent fields stay as they are; null clears.")
class ProjectUpdateInput(ProjectValues):
    """Everything but the party and the opportunity."""

    title: strawberry.Maybe[str] = strawberry.field(description="What it is about (项目名称).")


@strawberry.input(description="A new project: by itself, or to carry out a contract.")
class ProjectCreateInput(ProjectValues):
    """Title and party must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What it is about (项目名称).")
    party_id: strawberry.ID = strawberry.field(description="For whom; never changes (单位).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")


@strawberry.input(description="How an opportunity becomes a project. Party, contact and title are the opportunity's.")
class OpportunityConvertInput(ProjectValues):
    """All of it can be left out."""

    title: strawberry.Maybe[str] = strawberry.field(description="Another title than the opportunity's (项目名称).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible; you, if absent (负责人).")
    with_team: bool = strawberry.field(description="Whether its team goes on in the project (带上团队).", default=False)
    with_stakeholders: bool = strawberry.field(
        description="Whether its stakeholders are those of the project too (带上影响者).", default=False
    )
