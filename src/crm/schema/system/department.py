"""Departments."""

from __future__ import annotations

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.graph.fields import column, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun("department", entity="department", order="name", description="A node of the organisation's tree (部门).")
class Department(Record):
    """部门."""

    name: str = column("Its name (部门名称).", sort="name_key")
    parent = related("system.Department", "parent_id", "The department above (上级部门).", card=True, requires=STAFF_ONLY)
    head = related("system.User", "head_id", "Who leads it (部门负责人).", card=True, requires=STAFF_ONLY)
    children = related_list("system.Department", "parent_id", "The departments directly below (下级部门).", search=True)
    members = related_list("system.User", "department_id", "The people directly in it (成员).", search=True)


DepartmentFilter = filter_of(Department)
DepartmentOrder = order_of(Department)
DepartmentPayload = payload_of(Department)


@strawberry.input(description="The values of a department. Absent fields stay as they are; null clears.")
class DepartmentInput:
    """部门."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name; needed for a new one.")
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The department above; no circles.")
    head_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Who leads it.")
