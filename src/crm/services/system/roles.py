"""What happens to roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.branches import grantable, rule_of_entity
from crm.access.grants import Action, Scope
from crm.config import LEAST_BUDGET, MOST_BUDGET
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.models import FieldGrant, Principal, Role, RoleGrant
from crm.services.deeds import Deed
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.system.administrators import require_administrator
from crm.services.system.hierarchies import bump_epoch, lock
from crm.services.values import checked

LISTS = ("grants", "field_grants")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new role, which is a principal that records can be shared with."""
    refuse_blank(given, ["name"])
    role, changes = await insert(deed, Role, Kind.ROLE, _columns(given))
    await Principal.create(using_db=deed.tx, id=role.id, kind=int(Kind.ROLE))
    changes += await _replace_lists(deed, role.id, given)
    await bump_epoch(deed)
    await record_change(deed, role, "role.create", changes)
    return role.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; a list that is given replaces the one that is there. Nobody may be left without an administrator."""
    await lock(deed)
    role = await claim(deed, Role, record_id, Action.UPDATE)
    check_version(role, version)
    check_frozen(deed, "role", list(given))
    if changes := await revise(deed, role, _columns(given), await _replace_lists(deed, role.id, given)):
        await require_administrator(deed)
        await bump_epoch(deed)
        await record_change(deed, role, "role.update", changes)
    return role.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a role to the recycle bin: its grants end at once, its members keep their membership for a restore."""
    await lock(deed)
    role = await claim(deed, Role, record_id, Action.DELETE)
    await trash(deed, role, "role.delete")
    await require_administrator(deed)
    await bump_epoch(deed)
    return role.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a role out of the recycle bin, with its grants and members."""
    await lock(deed)
    role = await claim(deed, Role, record_id, Action.DELETE, deleted=True)
    await untrash(deed, role, "role.restore")
    await bump_epoch(deed)
    return role.id


def _columns(given: Mapping[str, Any]) -> dict[str, Any]:
    columns = checked(Role, {name: value for name, value in given.items() if name not in LISTS})
    budget = columns.get("cost_budget")
    if budget is not None and not LEAST_BUDGET <= budget <= MOST_BUDGET:
        raise Invalid(f"A budget lies between {LEAST_BUDGET} and {MOST_BUDGET}.", ("input", "costBudget"))
    return columns


async def _replace_lists(deed: Deed, role_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    changes: list[FieldChange] = []
    if "grants" in given:
        rows = [_checked_grant(item, place) for place, item in enumerate(given["grants"])]
        _refuse_twice([(row["entity"], row["action"]) for row in rows], "grants")
        changes += await _replace(deed, RoleGrant, role_id, "grants", rows)
    if "field_grants" in given:
        rows = [checked(FieldGrant, item, ("input", "fieldGrants", str(n))) for n, item in enumerate(given["field_grants"])]
        _refuse_twice([(row["entity"], row["field"]) for row in rows], "fieldGrants")
        changes += await _replace(deed, FieldGrant, role_id, "fieldGrants", rows)
    return changes


def _checked_grant(item: Mapping[str, Any], place: int) -> dict[str, Any]:
    where = ("input", "grants", str(place))
    row = checked(RoleGrant, item, where)
    actions = grantable().get(row["entity"])
    if actions is None or Action(row["action"]) not in actions:
        raise Invalid(f"There is no permission {row['entity']}.{row['action'].lower()}.", where)
    if not rule_of_entity(row["entity"]).owned and row["scope"] not in (Scope.ALL, Scope.NONE):
        raise Invalid(f"{row['entity']} has no owners, so the scope is ALL or NONE.", (*where, "scope"))
    return row


def _refuse_twice(keys: list[tuple[str, str]], name: str) -> None:
    if len(set(keys)) < len(keys):
        raise Invalid("The same entry stands here twice.", ("input", name))


async def _replace(deed: Deed, model: Any, role_id: UUID, name: str, rows: list[dict[str, Any]]) -> list[FieldChange]:
    shown = [column for column in model._meta.db_fields if column not in ("id", "role_id")]
    before = await model.filter(role_id=role_id).using_db(deed.tx).order_by("id").values(*shown)
    after = [{column: str(row[column]) for column in shown} for row in rows]
    if sorted(map(str, (tuple(sorted(b.items())) for b in before))) == sorted(
        map(str, (tuple(sorted(a.items())) for a in after))
    ):
        return []
    await model.filter(role_id=role_id).using_db(deed.tx).delete()
    await model.bulk_create([model(role_id=role_id, **row) for row in after], using_db=deed.tx)
    return [FieldChange(name, before, after)]
