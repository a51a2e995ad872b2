"""Service cases."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.service_case_flow import SERVICE_CASE_FLOW
from crm.schema.customers.enums import CasePriority, CaseStatus, CaseVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "service_case",
    entity="service_case",
    label="number",
    order="-created_at",
    description="What a party wants of our service, and by when it was promised an answer and a solution (服务单).",
)
class ServiceCase(OwnedRecord):
    """服务单."""

    number: str = column("Its number, such as SC-2026-000001: gapless, for good (服务单号).")
    subject: str = column("What it is about (主题).")
    description: str | None = column("Details (问题描述).", filterable=False)
    status: CaseStatus = column("Where it stands (服务单状态).")
    priority: CasePriority = column("How urgent it is (优先级).")
    product: str | None = column("What it is about (产品).")
    pending_at: datetime | None = column("Since when we wait for the customer (挂起时间).")
    pending_reason: str | None = column("What we wait for, or last waited for (挂起原因).", filterable=False)
    resolution: str | None = column("How it was resolved (解决方案).", filterable=False)
    resolved_at: datetime | None = column("When it was resolved (解决时间).")
    closed_at: datetime | None = column("When it was closed (关闭时间).")
    reject_reason: str | None = column("Why it was rejected (拒绝原因).", filterable=False)
    reopened_count: int = column("How often it was reopened (重新打开次数).")
    reopen_reason: str | None = column("Why it was last reopened (重新打开原因).", filterable=False)
    satisfaction: int | None = column("What the customer thinks of it, 1 (bad) to 5 (good) (满意度).")
    satisfaction_note: str | None = column("What they said about it (客户评价).", filterable=False)
    first_responded_at: datetime | None = column("When the customer first heard from us (首次响应时间).")
    response_due_at: datetime | None = column("When the customer has to have heard from us (响应截止时间).", sort=True)
    resolution_due_at: datetime | None = column("When it has to be resolved; null while it is PENDING (解决截止时间).", sort=True)
    response_breached: bool = column("Whether the answer came, or is, too late (响应超时).")
    resolution_breached: bool = column("Whether the solution came, or is, too late (解决超时).")
    escalation_level: int = column(
        "0, or how late it is: 1 the answer is near due, 2 overdue, 3 the solution is near due, 4 overdue (升级级别)."
    )
    party = related("customers.Party", "party_id", "Who wants it (单位).")
    contact = related("customers.Contact", "contact_id", "Who there (联系人).")
    type = related("system.DictionaryItem", "type_id", "Dictionary `case_type` (服务类型).", card=True)
    project = related("customers.Project", "project_id", "About which project (项目).")
    maintenance = related("customers.Maintenance", "maintenance_id", "About which maintenance (后期维护).")
    call = related("customers.Call", "call_id", "The telephone call it came of (来电).")
    sla_policy = related("customers.SlaPolicy", "sla_policy_id", "What was promised; null where nothing is (服务时限).")
    activities = related_list("customers.Activity", "service_case_id", "What is planned and was done about it (活动).")
    stakeholders = related_list("customers.Stakeholder", "service_case_id", "Who at the party has a say in it (影响者).")
    team = related_list("customers.TeamMember", "service_case_id", "Who works on it besides the owner (团队).")
    tasks = related_list("customers.ProcessTask", "service_case_id", "What is to be done for it (任务).")
    competitors = related_list("customers.Competition", "service_case_id", "Who wants the same business (竞争对手).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[CaseVerb]:
        """The verbs that the flow table allows from here."""
        return [CaseVerb(verb) for verb in SERVICE_CASE_FLOW.verbs(CaseStatus(root.record["status"]))]


ServiceCaseFilter = filter_of(ServiceCase)
ServiceCaseOrder = order_of(ServiceCase)
ServiceCasePayload = payload_of(ServiceCase)


@strawberry.input(description="What creation and update of a service case have in common.")
class ServiceCaseValues(OwnedValues):
    """Everything but the status, which the verbs change, and the clock, which nobody does."""

    description: strawberry.Maybe[str | None] = strawberry.field(description="Details, at most 20,000 characters (问题描述).")
    priority: strawberry.Maybe[CasePriority] = strawberry.field(description="NORMAL at first; what is due follows it (优先级).")
    type_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="An option of the dictionary `case_type` (服务类型)."
    )
    product: strawberry.Maybe[str | None] = strawberry.field(description="What it is about, at most 500 characters (产品).")
    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Who there; of that party.")
    project_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="About which project; of that party.")
    maintenance_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="About which maintenance; of that party."
    )
    call_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The call it came of; of that party (来电).")


@strawberry.input(description="The values of a service case. Absent fields stay as they are; null clears.")
class ServiceCaseUpdateInput(ServiceCaseValues):
    """Everything but the party."""

    subject: strawberry.Maybe[str] = strawberry.field(description="What it is about (主题).")


@strawberry.input(description="A new service case.")
class ServiceCaseCreateInput(ServiceCaseValues):
    """Subject and party must be given; without an owner the record is the creator's."""

    subject: str = strawberry.field(description="What it is about (主题).")
    party_id: strawberry.ID = strawberry.field(description="Who wants it; never changes (单位).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is to deal with it (负责人).")


@strawberry.input(description="What the customer thinks of how a case was dealt with.")
class ServiceCaseCloseInput:
    """Both can be left out: not everybody answers."""

    satisfaction: strawberry.Maybe[int | None] = strawberry.field(description="1 (bad) to 5 (good) (满意度).")
    satisfaction_note: strawberry.Maybe[str | None] = strawberry.field(description="What they said about it (客户评价).")
