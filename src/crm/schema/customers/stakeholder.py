"""Stakeholders of records of the sales process."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import Attitude, StakeholderRole
from crm.schema.customers.process_part import ProcessPart


@noun(
    "stakeholder",
    order="created_at",
    part_of="its record",
    label="role",
    description="A contact who has a say in what is to be sold or done (影响者).",
)
class Stakeholder(ProcessPart):
    """影响者."""

    role: StakeholderRole = column("What part they play in the decision (角色).")
    attitude: Attitude = column("How they are disposed towards us (态度).")
    influence_note: str | None = column("How far their influence reaches, and whom they listen to (影响力).", filterable=False)
    contact = related("customers.Contact", "contact_id", "Who it is, where the viewer may see them (联系人).")


StakeholderFilter = filter_of(Stakeholder)
StakeholderOrder = order_of(Stakeholder)
StakeholderPayload = payload_of(Stakeholder)


@strawberry.input(description="What naming and updating a stakeholder have in common.")
class StakeholderValues:
    """Everything but the role."""

    attitude: strawberry.Maybe[Attitude] = strawberry.field(description="How they are disposed; UNKNOWN at first (态度).")
    influence_note: strawberry.Maybe[str | None] = strawberry.field(description="Their influence, at most 20,000 characters.")


@strawberry.input(description="The values of a stakeholder. Absent fields stay as they are; null clears.")
class StakeholderUpdateInput(StakeholderValues):
    """What an update takes."""

    role: strawberry.Maybe[StakeholderRole] = strawberry.field(description="What part they play in the decision (角色).")


@strawberry.input(description="A contact who has a say.")
class StakeholderAddInput(StakeholderValues):
    """Record, contact and role must be given."""

    record_id: strawberry.ID = strawberry.field(description="A record of the sales process, such as an opportunity.")
    contact_id: strawberry.ID = strawberry.field(description="Who it is; of the record's party, and named once (联系人).")
    role: StakeholderRole = strawberry.field(description="What part they play in the decision (角色).")
