"""What verbs over many customers, channels and suppliers take."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from crm.schema.customers.enums import Lifecycle
from crm.schema.system.custom_value import OwnedValues

IDS = "Customers, channels or suppliers; at most 500."


@strawberry.input(description="The same values for many parties. Absent fields stay as they are; null clears.")
class PartiesUpdateInput(OwnedValues):
    """批量修改. What one sets for many at once; names, codes and numbers are each party's own."""

    ids: list[strawberry.ID] = strawberry.field(description=IDS)
    level_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `customer_level`.")
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `customer_type`.")
    source_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `customer_source`.")
    industry_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `industry`.")
    region_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `region`.")
    credit_grade_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `credit_grade`.")
    credit_limit: strawberry.Maybe[Decimal | None] = strawberry.field(description="Most that may be owed at once; not negative.")
    payment_terms_days: strawberry.Maybe[int | None] = strawberry.field(description="Days until an invoice is due, 0 to 3650.")
    lifecycle: strawberry.Maybe[Lifecycle] = strawberry.field(description="How far the relationship has come.")
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The party they belong to.")
    next_contact_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When to contact them next.")
    contact_cycle_days: strawberry.Maybe[int | None] = strawberry.field(description="Contact them every so many days, 1 to 3650.")


@strawberry.input(description="Which parties to delete.")
class PartiesDeleteInput:
    """批量删除."""

    ids: list[strawberry.ID] = strawberry.field(description=IDS)


@strawberry.input(description="Which customers of the public pool to hand out, and to whom.")
class CustomersAssignInput:
    """分配."""

    ids: list[strawberry.ID] = strawberry.field(description="Customers of the public pool; at most 500.")
    to_id: strawberry.ID = strawberry.field(description="Who gets them (新负责人).")
