"""Actions, scopes, and the permission set of a viewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from crm.access.catalogue import NO_FIELDS, Catalogue


class Action(StrEnum):
    """动作. What a role can let people do with an entity."""

    CREATE = "CREATE"
    READ = "READ"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    SHARE = "SHARE"
    TRANSFER = "TRANSFER"
    APPROVE = "APPROVE"
    EXPORT = "EXPORT"
    IMPORT = "IMPORT"
    ADMINISTER = "ADMINISTER"


class Scope(StrEnum):
    """范围. On whose records. The order of the members is from narrow to wide: of several roles the widest wins."""

    NONE = "NONE"
    OWN = "OWN"
    OWN_AND_SUBORDINATES = "OWN_AND_SUBORDINATES"
    DEPARTMENT = "DEPARTMENT"
    DEPARTMENT_TREE = "DEPARTMENT_TREE"
    ALL = "ALL"

    @property
    def width(self) -> int:
        """Its place in the order from narrow to wide."""
        return _WIDTH[self]


_WIDTH = {scope: width for width, scope in enumerate(Scope)}


class Restriction(StrEnum):
    """What a role does to a single field: the value is not shown, or it is shown and cannot be changed."""

    HIDDEN = "HIDDEN"
    FROZEN = "FROZEN"


class ViewerKind(StrEnum):
    """Who is asking. SYSTEM is for jobs and hooks and never comes from a token."""

    STAFF = "STAFF"
    CHANNEL = "CHANNEL"
    SYSTEM = "SYSTEM"
    ANONYMOUS = "ANONYMOUS"


STAFF_ONLY = "staff"
SIGNED_IN = "signed_in"
"""Permissions that need no role: every member of staff, or everybody with a token, has them."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Rights:
    """A permission set: all of a viewer that decides what a statement looks like, and none of the values bound in it.

    Two viewers with equal rights share every compiled plan. `narrow` names the tables of which the viewer sees so few rows that
    lists start from the set of their ids. `custom` are the custom fields there are.
    """

    kind: ViewerKind
    scopes: Mapping[tuple[str, Action], Scope]
    hidden: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()
    narrow: frozenset[str] = frozenset()
    custom: Catalogue = NO_FIELDS
    key: int = field(init=False, compare=False, default=0)

    def __post_init__(self) -> None:
        parts = (self.kind, frozenset(self.scopes.items()), self.hidden, self.frozen, self.narrow, self.custom)
        object.__setattr__(self, "key", hash(parts))

    def __hash__(self) -> int:
        return self.key

    @property
    def withheld(self) -> tuple[UUID, ...]:
        """The custom fields whose values no role shows."""
        if not any(".custom." in key for key in self.hidden):
            return ()
        return tuple(each.id for each in self.custom.fields.values() if each.permission in self.hidden)

    def scope(self, entity: str, action: Action) -> Scope:
        """The scope of an action; a partner's people never reach further than their own records, whatever their role says."""
        scope = self.scopes.get((entity, action), Scope.NONE)
        if self.kind is ViewerKind.CHANNEL and scope is not Scope.NONE:
            return Scope.OWN
        return scope

    def allows(self, entity: str, action: Action) -> bool:
        """The gate: some role grants the action on the entity at all. A closed gate is closed for owners too."""
        return self.scope(entity, action) is not Scope.NONE

    def holds(self, permission: str) -> bool:
        """Whether the gate of a permission such as `customer.update`, `staff` or `signed_in` is open.

        `*.share` is open: bulk verbs over records of any kind are judged record by record.
        """
        if self.kind is ViewerKind.ANONYMOUS:
            return False
        if permission == STAFF_ONLY:
            return self.kind in (ViewerKind.STAFF, ViewerKind.SYSTEM)
        if permission == SIGNED_IN or permission.startswith("*."):
            return True
        entity, _, action = permission.partition(".")
        return self.allows(entity, Action(action.upper()))
