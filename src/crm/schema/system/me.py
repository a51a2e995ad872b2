"""The viewer themselves: their user record, sessions and permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

import crm.schema.system.enums  # noqa: F401 -- makes the enums of rights GraphQL types
from crm.access.grants import Action, Rights, Scope
from crm.graph import reads
from crm.graph.fields import OWNED_PAGE
from crm.graph.nouns import noun_named, part
from crm.graph.rows import Row
from crm.schema.system.session import Session

if TYPE_CHECKING:
    from crm.schema.system.user import User

UserType = Annotated["User", strawberry.lazy("crm.schema.system.user")]


@part(of="Me", description="Something the viewer may do.")
class Permission:
    """权限."""

    entity: str = strawberry.field(description="The entity, such as `customer`.")
    action: Action = strawberry.field(description="The action.")
    scope: Scope = strawberry.field(description="On whose records; a partner's people never reach beyond their own.")


@part(of="Me", description="The hours of the day in which one is not reminded of anything (免打扰时段), by one's own clocks.")
class QuietHours:
    """免打扰时段."""

    begins: str = strawberry.field(name="from", description="When they begin, such as `22:00`.")
    ends: str = strawberry.field(name="until", description="When they end; the next day, where that is the earlier time.")


@part(of="the viewer", description="The person who is signed in (我).")
class Me:
    """Read with the viewer's own user row, of which nothing is hidden from them."""

    row: strawberry.Private[Row]

    @strawberry.field(description="The user's id.")
    def id(self) -> strawberry.ID:
        """As in `user(id)`."""
        return strawberry.ID(str(self.row.id))

    @strawberry.field(description="What one signs in with (用户名).")
    def username(self) -> str:
        """The username."""
        return str(self.row.record["username"])

    @strawberry.field(description="What people call one (姓名).")
    def display_name(self) -> str:
        """The name."""
        return str(self.row.record["display_name"])

    @strawberry.field(description="E-mail (电子邮件).")
    def email(self) -> str | None:
        """One's own, whatever roles hide."""
        found: str | None = self.row.record["email"]
        return found

    @strawberry.field(description="Telephone extension (分机).")
    def extension(self) -> str | None:
        """One's own, whatever roles hide."""
        found: str | None = self.row.record["extension"]
        return found

    @strawberry.field(description="Language tag (语言).")
    def locale(self) -> str:
        """The language of messages and prints."""
        return str(self.row.record["locale"])

    @strawberry.field(description="IANA time zone (时区).")
    def time_zone(self) -> str:
        """The zone of one's days."""
        return str(self.row.record["time_zone"])

    @strawberry.field(description="One's quiet hours (免打扰时段); null where there are none.")
    def quiet_hours(self) -> QuietHours | None:
        """What `quietHoursSet` set."""
        begins, ends = self.row.record["quiet_from"], self.row.record["quiet_until"]
        return None if begins is None else QuietHours(begins=begins, ends=ends)

    @strawberry.field(description="The user record, as others see it.")
    def user(self) -> UserType:
        """The card and what lies beyond it, by rights."""
        return self.row  # type: ignore[return-value]

    @strawberry.field(description="The devices one is signed in on, newest first, at most 50 (会话).")
    async def sessions(self, info: Info) -> list[Session]:
        """Live and ended ones."""
        entry = noun_named("Session")
        found: Any = await reads.children(info.context, entry, "user_id", self.row.id, None, entry.order, OWNED_PAGE)
        return found[: OWNED_PAGE.size]  # type: ignore[no-any-return]

    @strawberry.field(description="What one's roles grant, all together (权限).")
    def permissions(self, info: Info) -> list[Permission]:
        """By entity and action."""
        rights: Rights = info.context.rights
        return [
            Permission(entity=entity, action=action, scope=rights.scope(entity, action))
            for entity, action in sorted(rights.scopes)
            if rights.allows(entity, action)
        ]

    @strawberry.field(description="Fields that one's roles hide, such as `customer.creditLimit`.")
    def hidden_fields(self, info: Info) -> list[str]:
        """Sorted."""
        return sorted(info.context.rights.hidden)

    @strawberry.field(description="Fields that one cannot write, hidden ones included.")
    def frozen_fields(self, info: Info) -> list[str]:
        """Sorted."""
        return sorted(info.context.rights.frozen)
