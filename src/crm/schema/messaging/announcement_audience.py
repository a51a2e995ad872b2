"""Whom an announcement is meant for, and how many of them have seen it: for those who may change it, and nobody else.

Each is one statement for all announcements of a level, and holds only those that the viewer may update.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.grants import Action, Rights
from crm.access.predicates import permitted
from crm.core.ids import EVERYONE_ID, kind_of
from crm.core.kinds import Kind
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import noun_named, part
from crm.schema.system.department import Department
from crm.schema.system.principal import Principal, principal
from crm.schema.system.user import User


@part(of="Announcement", description="Whom an announcement is meant for (公告范围), as its author named them.")
class AnnouncementAudience:
    """公告范围. Resolved to people when it is published."""

    principals: strawberry.Private[list[UUID]]

    @strawberry.field(description="All active staff (全体员工).")
    def everyone(self) -> bool:
        """Not a partner's people."""
        return EVERYONE_ID in self.principals

    @strawberry.field(description="Departments, each with all below it (部门).")
    async def departments(self, info: Info) -> list[Department]:
        """Their cards."""
        return await _cards(info.context, "Department", self.principals, Kind.DEPARTMENT)

    @strawberry.field(description="Roles, with whoever has them (角色). Their names are no secret, unlike what they grant.")
    def roles(self) -> list[Principal]:
        """As principals, like those of shares."""
        return [principal(key) for key in self.principals if kind_of(key) is Kind.ROLE]

    @strawberry.field(description="Channels: the people who work for them (渠道).")
    def channels(self) -> list[Principal]:
        """As principals: whoever may change the announcement may know whom it names."""
        return [principal(key) for key in self.principals if kind_of(key) is Kind.PARTY]

    @strawberry.field(description="Single people (用户).")
    async def users(self, info: Info) -> list[User]:
        """Their cards."""
        return await _cards(info.context, "User", self.principals, Kind.USER)


async def _cards(operation: Operation, name: str, principals: list[UUID], kind: Kind) -> list[Any]:
    """The cards of the principals of one kind, in the order in which they were named."""
    wanted = [key for key in principals if kind_of(key) is kind]
    found = await asyncio.gather(*(reads.one(operation, noun_named(name), key, card=True) for key in wanted))
    return [row for row in found if row is not None]


async def audience_of(operation: Operation, announcement: UUID) -> AnnouncementAudience | None:
    """The audience, for those who may update the announcement."""
    principals = "ARRAY(SELECT a.principal_id FROM announcement_audience a WHERE a.announcement_id = r.id ORDER BY a.position)"
    record = await _of_editable(operation, announcement, f"SELECT r.id, {principals} AS principals FROM announcement r")
    return None if record is None else AnnouncementAudience(principals=record["principals"])


async def figures_of(operation: Operation, announcement: UUID) -> Mapping[str, int] | None:
    """How many people it was published to, have read and have confirmed it, for those who may update the announcement."""
    counts = "count(*) AS recipients, count(x.read_at) AS readers, count(x.confirmed_at) AS confirmers"
    query = (
        "SELECT r.id, c.* FROM announcement r CROSS JOIN LATERAL"
        f" (SELECT {counts} FROM announcement_receipt x WHERE x.announcement_id = r.id) c"
    )
    return await _of_editable(operation, announcement, query)


async def _of_editable(operation: Operation, announcement: UUID, query: str) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = await operation.loader(("announcement", query), _loading(operation, query)).load(
        announcement
    )
    return found


def _loading(operation: Operation, query: str) -> Callable[[list[UUID]], Awaitable[list[Mapping[str, Any] | None]]]:
    """A loader's function: what the query, over announcements `r`, says of each that the viewer may update."""

    async def load(ids: list[UUID]) -> list[Mapping[str, Any] | None]:
        def render(rights: Rights, binds: Binds) -> str:
            may = permitted(named("announcement"), "r", rights, binds, Action.UPDATE)
            return f"{query} WHERE r.id = ANY({binds.value(ids)}::uuid[]) AND {may}"

        found = {row["id"]: row for row in await operation.fetch(render)}
        return [found.get(key) for key in ids]

    return load
