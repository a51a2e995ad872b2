"""Roles and what they grant."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list, related_through
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.field_grant import FieldGrantInput
from crm.schema.system.record import Record
from crm.schema.system.role_grant import RoleGrantInput


@noun("role", entity="role", order="name", description="A named set of grants (角色).")
class Role(Record):
    """角色."""

    name: str = column("Its name (角色名称).", sort=True)
    description: str | None = column("What it is for (说明).")
    cost_budget: int | None = column("What one query of its members may cost (查询成本上限); null is the system's default.")
    grants = owned_list("system.RoleGrant", "role_id", "What it lets its members do (权限).", limit=1000)
    field_grants = owned_list("system.FieldGrant", "role_id", "The fields it hides or freezes (字段权限).", limit=1000)
    members = related_through("system.User", "role_member", "role_id", "user_id", "Who has it, at most 50 (成员).")


RoleFilter = filter_of(Role)
RoleOrder = order_of(Role)
RolePayload = payload_of(Role)


@strawberry.input(description="The values of a role. Absent fields stay as they are.")
class RoleInput:
    """角色."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name; needed for a new one.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="What it is for.")
    cost_budget: strawberry.Maybe[int | None] = strawberry.field(
        description="What one query of its members may cost, 1,000 to 1,000,000,000; of several roles the largest counts."
    )
    grants: strawberry.Maybe[list[RoleGrantInput]] = strawberry.field(description="All its permissions; replaces what is there.")
    field_grants: strawberry.Maybe[list[FieldGrantInput]] = strawberry.field(
        description="All fields it hides or freezes; replaces what is there."
    )
