"""What can be asked of and done with departments (部门)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.system.department import DepartmentInput, DepartmentPayload
from crm.services.deeds import Deed
from crm.services.system import departments


@strawberry.type
class DepartmentQuery:
    """Reading departments."""

    department = single("system.Department", STAFF_ONLY, "One department (部门).")
    departments = listing("system.Department", STAFF_ONLY, "The departments (部门) of the organisation.", search=True)


@strawberry.type
class DepartmentMutation:
    """Writing departments."""

    @command("department.create", DepartmentPayload, "A new department (新建部门).")
    async def department_create(deed: Deed, input: DepartmentInput) -> UUID:
        """Its name must be given."""
        return await departments.create(deed, plain_input(input))

    @command("department.update", DepartmentPayload, "New values of a department (修改部门); all below moves along.")
    async def department_update(deed: Deed, id: strawberry.ID, version: int, input: DepartmentInput) -> UUID:
        """A circle is refused."""
        return await departments.update(deed, id, version, plain_input(input))

    @command("department.delete", DepartmentPayload, "Close an empty department (撤销部门).")
    async def department_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """Its people and the departments below must have moved."""
        return await departments.delete(deed, id)

    @command("department.delete", DepartmentPayload, "Open a closed department again (恢复部门).")
    async def department_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may close may open."""
        return await departments.restore(deed, id)
