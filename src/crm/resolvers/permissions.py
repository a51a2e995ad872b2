"""Permissions of root fields: printed in the schema, checked before anything else."""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location

from crm.core.errors import FieldForbidden, Unauthenticated
from crm.graph.context import Operation


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="The permission without which the field answers FORBIDDEN: an entity and an action that a role of the viewer must"
    " grant, `staff` or `signed_in`; with `*` for the entity it is judged record by record.",
)
class Requires:
    """Printed on every root field that is not public."""

    permission: str


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION], name="public", description="Needs no token.")
class Public:
    """Printed on what the anonymous may use."""


def directive_of(permission: str | None) -> object:
    """The directive to print; None is public."""
    return Public() if permission is None else Requires(permission=permission)


def check(operation: Operation, permission: str | None) -> None:
    """Refuse a verb that no role of the viewer grants."""
    if permission is None:
        return
    if operation.viewer.anonymous:
        raise Unauthenticated
    if not operation.rights.holds(permission):
        raise FieldForbidden(permission)
