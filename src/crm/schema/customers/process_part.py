"""The interface `ProcessPart`: what stakeholders, team members, tasks and competitors have in common."""

from __future__ import annotations

import strawberry

from crm.graph.fields import related
from crm.schema.system.record import Record


@strawberry.interface(description="What hangs on a record of the sales process (销售过程): one of its references is filled.")
class ProcessPart(Record):
    """One line for each sort of record."""

    opportunity = related("customers.Opportunity", "opportunity_id", "The opportunity it belongs to (销售机会).")
