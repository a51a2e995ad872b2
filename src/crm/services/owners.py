"""Owners of records: who a new record belongs to, and whether the creator may give it to them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm.core.errors import Forbidden, Invalid
from crm.services.deeds import Deed


async def department_of(deed: Deed, user_id: UUID, where: tuple[str, ...]) -> UUID | None:
    """The department of an active user; somebody who has left cannot be given records."""
    row = (await deed.rows("SELECT active, department_id FROM user_account WHERE id = $1", user_id))[0]
    if not row["active"]:
        raise Invalid("This person has left and cannot own records.", where)
    department: UUID | None = row["department_id"]
    return department


async def owned_by(deed: Deed, entity: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values with owner and department: the creator's, or another's within the scope in which they may create."""
    owner = values.get("owner_id") or deed.actor
    where = ("input", "ownerId")
    department = None if owner is None else await department_of(deed, owner, where)
    if deed.viewer.session is not None and not deed.viewer.may_create_for(entity, owner, department):
        raise Forbidden("You may not create records for this person.", where)
    return {**values, "owner_id": owner, "department_id": department}
