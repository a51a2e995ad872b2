"""Rows of the organisation and its rights, as they are written in bulk: the columns of their tables that are not left empty."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class RoleRow(NamedTuple):
    """角色."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    name: str
    description: str | None
    version: int = 1


class RoleGrantRow(NamedTuple):
    """One (entity, action) → scope."""

    role_id: UUID
    entity: str
    action: str
    scope: str


class FieldGrantRow(NamedTuple):
    """A field that a role hides or freezes."""

    role_id: UUID
    entity: str
    field: str
    restriction: str


class PrincipalRow(NamedTuple):
    """The key of somebody records can be shared with."""

    id: UUID
    kind: int


class DepartmentRow(NamedTuple):
    """部门. Its head is set once there are people."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    name: str
    name_key: str
    parent_id: UUID | None
    version: int = 1


class UserRow(NamedTuple):
    """用户."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    username: str
    display_name: str
    name_key: str
    kind: str
    email: str
    mobile: str
    department_id: UUID | None
    manager_id: UUID | None
    channel_id: UUID | None
    password_hash: str
    extension: str | None
    locale: str = "zh-CN"
    time_zone: str = "Asia/Shanghai"
    active: bool = True
    version: int = 1


class RoleMemberRow(NamedTuple):
    """A user's membership of a role."""

    role_id: UUID
    user_id: UUID
