"""What happens to departments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Department, Principal
from crm.services.deeds import Deed
from crm.services.records import check_frozen, check_version, claim, insert, record_change, refuse_blank, revise, trash, untrash
from crm.services.references import resolved
from crm.services.system.hierarchies import DEPARTMENTS, bump_epoch, lock, rebuild, refuse_circle
from crm.services.values import columns


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new department, which is a principal that records can be shared with."""
    refuse_blank(given, ["name"])
    await lock(deed)
    department, changes = await insert(deed, Department, Kind.DEPARTMENT, await _decided(deed, given))
    await Principal.create(using_db=deed.tx, id=department.id, kind=int(Kind.DEPARTMENT))
    await rebuild(deed, DEPARTMENTS)
    await bump_epoch(deed)
    await record_change(deed, department, "department.create", changes)
    return department.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; a new parent moves the department with all below it."""
    await lock(deed)
    department = await claim(deed, Department, record_id, Action.UPDATE)
    check_version(department, version)
    check_frozen(deed, "department", list(given))
    values = await _decided(deed, given, department)
    if values.get("parent_id") is not None:
        await refuse_circle(deed, DEPARTMENTS, department.id, values["parent_id"], ("input", "parentId"))
    if changes := await revise(deed, department, values):
        await rebuild(deed, DEPARTMENTS)
        await bump_epoch(deed)
        await record_change(deed, department, "department.update", changes)
    return department.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Close a department that has neither people nor departments below it."""
    await lock(deed)
    department = await claim(deed, Department, record_id, Action.DELETE)
    used = await deed.rows(
        "SELECT 1 FROM department WHERE parent_id = $1 AND deleted_at IS NULL"
        " UNION ALL SELECT 1 FROM user_account WHERE department_id = $1 AND active LIMIT 1",
        department.id,
    )
    if used:
        raise Invalid("People or departments still belong to it; move them first.", ("id",))
    await trash(deed, department, "department.delete")
    await rebuild(deed, DEPARTMENTS)
    await bump_epoch(deed)
    return department.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Open a closed department again."""
    await lock(deed)
    department = await claim(deed, Department, record_id, Action.DELETE, deleted=True)
    await untrash(deed, department, "department.restore")
    await rebuild(deed, DEPARTMENTS)
    await bump_epoch(deed)
    return department.id


async def _decided(deed: Deed, given: Mapping[str, Any], department: Department | None = None) -> dict[str, Any]:
    values, references = columns(Department, given)
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    return {**values, **await resolved(deed, Department, references, current=department)}
