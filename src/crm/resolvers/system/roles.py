"""What can be asked of and done with roles (角色)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from crm.access.grants import Restriction
from crm.core.errors import Invalid
from crm.graph.nouns import freezable_fields, hideable_fields
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.system.role import RoleInput, RolePayload
from crm.services.deeds import Deed
from crm.services.system import roles


@strawberry.type
class RoleQuery:
    """Reading roles."""

    role = single("system.Role", "role.read", "One role (角色).")
    roles = listing("system.Role", "role.read", "The roles (角色).")


@strawberry.type
class RoleMutation:
    """Writing roles."""

    @command("role.create", RolePayload, "A new role (新建角色).")
    async def role_create(deed: Deed, input: RoleInput) -> UUID:
        """Its name must be given."""
        return await roles.create(deed, _checked(deed, input))

    @command("role.update", RolePayload, "New values of a role (修改角色). It holds from the next request on, for everybody.")
    async def role_update(deed: Deed, id: strawberry.ID, version: int, input: RoleInput) -> UUID:
        """Nobody may be left without an administrator."""
        return await roles.update(deed, id, version, _checked(deed, input))

    @command("role.delete", RolePayload, "Move a role to the recycle bin (删除角色); its grants end at once.")
    async def role_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """Nobody may be left without an administrator."""
        return await roles.delete(deed, id)

    @command("role.delete", RolePayload, "Take a role out of the recycle bin (恢复角色), with its members.")
    async def role_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await roles.restore(deed, id)


def _checked(deed: Deed, input: RoleInput) -> dict[str, Any]:
    """Which fields there are the schema knows: hidden can be those that can be null, frozen all of an entity's own.

    Custom fields are named by their keys, such as `custom.size`.
    """
    given: dict[str, Any] = plain_input(input)
    for place, item in enumerate(given.get("field_grants", [])):
        hidden = item["restriction"] == Restriction.HIDDEN
        custom = frozenset(f"custom.{field.key}" for field in deed.viewer.rights.custom.of(item["entity"]))
        fields = (hideable_fields if hidden else freezable_fields)(item["entity"]) | custom
        if item["field"] not in fields:
            verb = "hidden" if hidden else "frozen"
            message = f"{item['entity']} has no field {item['field']} that can be {verb}."
            raise Invalid(message, ("input", "fieldGrants", str(place)))
    return given
