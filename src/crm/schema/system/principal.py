"""Principals: everybody a record can be shared with."""

from __future__ import annotations

from enum import Enum
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.core.ids import kind_of
from crm.core.kinds import Kind
from crm.graph import reads
from crm.graph.nouns import noun_named, part


@strawberry.enum(description="What sort of principal it is.")
class PrincipalKind(Enum):
    """用户、部门、角色、渠道、全体."""

    USER = "USER"
    DEPARTMENT = "DEPARTMENT"
    ROLE = "ROLE"
    CHANNEL = "CHANNEL"
    EVERYONE = "EVERYONE"


_NOUNS = {
    Kind.USER: ("User", "display_name"), Kind.DEPARTMENT: ("Department", "name"), Kind.ROLE: ("Role", "name"),
    Kind.PARTY: ("Channel", "name"),
}  # fmt: skip


@part(
    of="Share",
    description="Somebody a record can be shared with: a user, a department with all below it, a role, a channel's people, or all"
    " staff.",
)
class Principal:
    """共享对象."""

    id: strawberry.ID = strawberry.field(description="The id of the user, department, role or channel.")
    kind: PrincipalKind = strawberry.field(description="Which of the five.")

    @strawberry.field(description="What people call it.")
    async def name(self, info: Info) -> str:
        """The name; whoever sees a share may know whom it names."""
        key = UUID(self.id)
        found = _NOUNS.get(kind_of(key) or Kind.EVERYONE)
        if found is None:
            return "全体员工 Everyone"
        noun, field = found
        row = await reads.one(info.context, noun_named(noun), key, card=True)
        return "" if row is None else str(row.record[field])


def principal(key: UUID) -> Principal:
    """The principal with this id."""
    kind = kind_of(key) or Kind.EVERYONE
    named = PrincipalKind.CHANNEL if kind is Kind.PARTY else PrincipalKind[kind.name]
    return Principal(id=strawberry.ID(str(key)), kind=named)
