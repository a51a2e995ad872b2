"""Users: the card that everybody sees, and what lies beyond it."""

from __future__ import annotations

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.graph.fields import column, related, related_list, related_through
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.rules.system.user_kinds import UserKind
from crm.schema.system.record import Record

BEYOND_THE_CARD = "user.read"

strawberry.enum(UserKind, description="STAFF work here; CHANNEL people work for a partner.")


@noun(
    "user",
    entity="user",
    label="display_name",
    order="display_name",
    description="A person who signs in (用户). Their card (username, name, department, active) is for all staff to read.",
    extra=("quiet_from", "quiet_until"),
)
class User(Record):
    """用户."""

    username: str = column("What they sign in with (用户名).", sort=True)
    display_name: str = column("What people call them (姓名).", sort="name_key")
    kind: UserKind | None = column("Staff, or a channel partner's person.", requires=STAFF_ONLY)
    active: bool = column("Whether they may sign in (启用).")
    department = related("system.Department", "department_id", "Their department (部门).", card=True)
    email: str | None = column("E-mail (电子邮件).", requires=BEYOND_THE_CARD)
    mobile: str | None = column("Mobile number (手机).", requires=BEYOND_THE_CARD)
    extension: str | None = column("Telephone extension (分机).", requires=BEYOND_THE_CARD)
    locale: str | None = column("Language tag such as zh-CN (语言).", requires=BEYOND_THE_CARD)
    time_zone: str | None = column("IANA time zone such as Asia/Shanghai (时区).", requires=BEYOND_THE_CARD)
    manager = related("system.User", "manager_id", "Whom they report to (上级).", card=True, requires=BEYOND_THE_CARD)
    channel = related("customers.Channel", "channel_id", "The partner they work for (渠道).", requires=BEYOND_THE_CARD)
    reports = related_list("system.User", "manager_id", "Who reports to them (下属).", search=True, requires=BEYOND_THE_CARD)
    roles = related_through("system.Role", "role_member", "user_id", "role_id", "Their roles (角色).", requires="role.read")


UserFilter = filter_of(User)
UserOrder = order_of(User)
UserPayload = payload_of(User)


@strawberry.input(description="What creation and update of a user have in common.")
class UserValues:
    """用户."""

    email: strawberry.Maybe[str | None] = strawberry.field(description="E-mail.")
    mobile: strawberry.Maybe[str | None] = strawberry.field(description="Mobile number.")
    extension: strawberry.Maybe[str | None] = strawberry.field(description="Telephone extension, unique among active users.")
    locale: strawberry.Maybe[str] = strawberry.field(description="Language tag such as zh-CN.")
    time_zone: strawberry.Maybe[str] = strawberry.field(description="IANA time zone such as Asia/Shanghai.")
    department_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Their department.")
    manager_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Whom they report to; no circles.")
    active: strawberry.Maybe[bool] = strawberry.field(description="Whether they may sign in; false ends their sessions.")
    role_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(description="Their roles: the whole list.")


@strawberry.input(description="The values of a user. Absent fields stay as they are; null clears.")
class UserUpdateInput(UserValues):
    """What an update takes."""

    display_name: strawberry.Maybe[str] = strawberry.field(description="What people call them (姓名).")


@strawberry.input(description="A new user.")
class UserCreateInput(UserValues):
    """Username, name and password must be given."""

    username: str = strawberry.field(description="What they sign in with: 2 to 64 letters, digits, `.`, `_`, `-`, `@`.")
    display_name: str = strawberry.field(description="What people call them (姓名).")
    password: str = strawberry.field(description="At least ten characters.")
    kind: UserKind = strawberry.field(description="Staff, or a partner's person.", default=UserKind.STAFF)
    channel_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="The partner; for CHANNEL people.")
