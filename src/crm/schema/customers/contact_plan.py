"""The contact plan: how many customers are to be contacted when, and how many were."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.access.conditions import Condition
from crm.access.grants import Rights
from crm.access.periods import Period
from crm.graph import reads
from crm.graph.filters import condition_of
from crm.graph.nouns import Noun, noun_named, part

if TYPE_CHECKING:
    from crm.schema.system.department import Department
    from crm.schema.system.user import User

UserType = Annotated["User", strawberry.lazy("crm.schema.system.user")]
DepartmentType = Annotated["Department", strawberry.lazy("crm.schema.system.department")]

COUNTED: dict[str, dict[str, Any]] = {
    "overdue": {"nextContactAt": {"before": Period.TODAY}},
    "due_today": {"nextContactAt": {"during": Period.TODAY}},
    "due_this_week": {"nextContactAt": {"during": Period.THIS_WEEK}},
    "due_this_month": {"nextContactAt": {"during": Period.THIS_MONTH}},
    "contacted_today": {"lastContactAt": {"during": Period.TODAY}},
    "contacted_this_week": {"lastContactAt": {"during": Period.THIS_WEEK}},
    "contacted_this_month": {"lastContactAt": {"during": Period.THIS_MONTH}},
}
"""Each figure is the number of customers that a list with this filter shows."""


@strawberry.enum(description="By what the contact plan is counted (分组).")
class ContactPlanGrouping(Enum):
    """分组."""

    OWNER = "OWNER"
    DEPARTMENT = "DEPARTMENT"
    ALL = "ALL"


@part(
    of="Customer, counted under the viewer's rights",
    description="How many customers are to be contacted, and how many were (联系计划); periods are the viewer's. Each figure is"
    " that of `customers` with the filter that stands beside it.",
)
class ContactPlanCount:
    """联系计划."""

    owner_id: strawberry.Private[UUID | None]
    department_id: strawberry.Private[UUID | None]
    overdue: int = strawberry.field(description="Should have been before today (已逾期): `nextContactAt: {before: TODAY}`.")
    due_today: int = strawberry.field(description="To be contacted today (今日应联系): `nextContactAt: {during: TODAY}`.")
    due_this_week: int = strawberry.field(description="This week (本周应联系): `nextContactAt: {during: THIS_WEEK}`.")
    due_this_month: int = strawberry.field(description="This month (本月应联系): `nextContactAt: {during: THIS_MONTH}`.")
    contacted_today: int = strawberry.field(description="Contacted last today (今日已联系): `lastContactAt: {during: TODAY}`.")
    contacted_this_week: int = strawberry.field(description="This week (本周已联系): `lastContactAt: {during: THIS_WEEK}`.")
    contacted_this_month: int = strawberry.field(description="This month (本月已联系): `lastContactAt: {during: THIS_MONTH}`.")

    @strawberry.field(description="Whose customers (负责人); null for those of nobody, and in other groupings.")
    async def owner(self, info: Info) -> UserType | None:
        """Their card."""
        return await _card(info, "User", self.owner_id)  # type: ignore[no-any-return]

    @strawberry.field(description="Of which department (部门); null for those of none, and in other groupings.")
    async def department(self, info: Info) -> DepartmentType | None:
        """Its card."""
        return await _card(info, "Department", self.department_id)  # type: ignore[no-any-return]


async def _card(info: Info, noun: str, key: UUID | None) -> Any:
    return None if key is None else await reads.one(info.context, noun_named(noun), key, card=True)


def counted(entry: Noun, rights: Rights) -> dict[str, Condition]:
    """The conditions that are counted; refused where a role hides what they ask about."""
    return {name: condition_of(entry, wanted, rights) for name, wanted in COUNTED.items()}
