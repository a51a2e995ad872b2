"""The interface `ProcessPart`: what stakeholders, team members, tasks and competitors have in common."""

from __future__ import annotations

import strawberry

from crm.graph.fields import related
from crm.schema.system.record import Record


@strawberry.interface(description="What hangs on a record of the sales process (销售过程): one of its references is filled.")
class ProcessPart(Record):
    """One line for each sort of record."""

    opportunity = related("customers.Opportunity", "opportunity_id", "The opportunity it belongs to (销售机会).")
    project = related("customers.Project", "project_id", "The project it belongs to (项目).")
    maintenance = related("customers.Maintenance", "maintenance_id", "The maintenance it belongs to (后期维护).")
    service_case = related("customers.ServiceCase", "service_case_id", "The service case it belongs to (服务单).")
