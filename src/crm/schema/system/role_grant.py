"""One grant of a role."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun
from crm.schema.system.enums import Action, Scope


@noun(
    "role_grant",
    order="entity",
    part_of="Role",
    description="One permission of a role: an action on an entity, and on whose records (权限).",
)
class RoleGrant:
    """权限."""

    entity: str = column("The entity, such as `customer`.", sort=True)
    action: Action = column("The action.")
    scope: Scope = column("On whose records.")


@strawberry.input(description="One permission of a role.")
class RoleGrantInput:
    """What `roleCreate` and `roleUpdate` take."""

    entity: str = strawberry.field(description="The entity, such as `customer`.")
    action: Action = strawberry.field(description="The action.")
    scope: Scope = strawberry.field(description="On whose records.")
