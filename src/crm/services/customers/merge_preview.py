"""What a merge would do (合并预览): fields side by side, what would follow, why it would be refused. Nothing is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import Visible
from crm.access.grants import Action
from crm.access.predicates import FALSE, all_of, any_of, permitted, readable
from crm.core.errors import DomainError, Forbidden, Invalid, NotFound
from crm.core.ids import parse_id
from crm.core.naming import field_name
from crm.core.paging import MAX_OWNED
from crm.models import Party
from crm.rules.customers.merging import MergeSide, side_by_default
from crm.services.customers.merge_places import counted
from crm.services.customers.merges import MERGED, SURVIVOR, Merging, above, closed_to, refuse_unlike
from crm.services.customers.reach import LISTS, REACH
from crm.services.deeds import Deed
from crm.services.records import entity_of, rule_of
from crm.services.values import loggable


@dataclass(frozen=True, slots=True)
class Compared:
    """One field of both: its values as the change log would tell them, and whose the survivor gets if nobody chooses."""

    column: str
    survivor: Any
    merged: Any
    side: MergeSide
    closed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What would come of it."""

    survivor: UUID
    merged: UUID
    fields: list[Compared]
    following: list[tuple[str, int]]
    problems: list[DomainError]


async def preview(deed: Deed, kind: Merging, survivor_id: str, merged_id: str) -> Preview:
    """For whoever sees both. Hidden fields are left out, and of what would follow only what they see is counted."""
    survivor, may_change = await _seen(deed, kind, survivor_id, Action.UPDATE, ("survivorId",))
    merged, may_delete = await _seen(deed, kind, merged_id, Action.DELETE, ("mergedId",))
    problems: list[DomainError] = []
    if survivor.id == merged.id:
        problems.append(Invalid("A record is not merged with itself.", MERGED))
    if not may_change:
        problems.append(Forbidden("You may see this record, but not update it.", SURVIVOR))
    if not may_delete:
        problems.append(Forbidden("You may see this record, but not delete it.", MERGED))
    try:
        refuse_unlike(kind, survivor, merged)
    except DomainError as error:
        problems.append(error)
    entity = entity_of(survivor)
    problems += await _too_long(deed, kind, survivor, merged)
    following = await _following(deed, kind, merged.id)
    return Preview(survivor.id, merged.id, await _compared(deed, kind, survivor, merged, entity), following, problems)


async def _seen(deed: Deed, kind: Merging, record_id: str, action: Action, where: tuple[str, ...]) -> tuple[Any, bool]:
    rule, binds = rule_of(kind.model), Binds()
    key = parse_id(record_id, rule.kind) if rule.kind is not None else None
    if key is None:
        raise NotFound(where)
    rights = deed.viewer.rights
    may, seen = permitted(rule, "r", rights, binds, action), readable(rule, "r", rights, binds)
    query = f"SELECT r.*, ({may}) AS claimable FROM {rule.table} r WHERE r.id = {binds.value(key)} AND {seen}"
    text, values = binds.statement(query, deed.viewer)
    found = await deed.rows(text, *values)
    if not found:
        raise NotFound(where)
    allowed = bool(found[0].pop("claimable"))
    return kind.model._init_from_db(**found[0]), allowed


async def _compared(deed: Deed, kind: Merging, survivor: Any, merged: Any, entity: str) -> list[Compared]:
    closed, hidden = closed_to(deed, kind, entity), deed.viewer.rights.hidden
    found = []
    for name in kind.fields:
        if f"{entity}.{field_name(name)}" in hidden or f"{entity_of(merged)}.{field_name(name)}" in hidden:
            continue
        ours, theirs = getattr(survivor, name), getattr(merged, name)
        side = MergeSide.SURVIVOR if name in closed else side_by_default(ours, theirs)
        if name == "parent_id" and kind.model is Party and merged.id in await above(deed, survivor.parent_id):
            side = MergeSide.MERGED
        found.append(Compared(name, loggable(ours), loggable(theirs), side, name in closed))
    return found


async def _too_long(deed: Deed, kind: Merging, survivor: Any, merged: Any) -> list[DomainError]:
    """Lists that would have too many entries, doubles left out."""
    found: list[DomainError] = []
    for name in LISTS:
        same = ", ".join(f"lower({column}::text)" for column in REACH[name].same)
        table = REACH[name].model._meta.db_table
        query = f"SELECT count(DISTINCT ({same}, 0)) AS n FROM {table} WHERE {kind.column} = ANY($1::uuid[])"
        if (await deed.rows(query, [survivor.id, merged.id]))[0]["n"] > MAX_OWNED:
            found.append(Invalid(f"Together they have more than {MAX_OWNED} of `{field_name(name)}`.", MERGED))
    return found


async def _following(deed: Deed, kind: Merging, merged_id: UUID) -> list[tuple[str, int]]:
    """(entity, how many that the viewer sees) of the records that would name the survivor, in one statement."""
    binds, parts = Binds(), []
    for model, names in counted(kind.model).items():
        rule = rule_of(model)
        if (seen := readable(rule, "x", deed.viewer.rights, binds)) != FALSE:
            entity = rule.name if rule.discriminator is not None else next(iter(rule.entities.values()), rule.name)
            parts.append(_count(rule, entity, names, seen, merged_id, binds))
    if not parts:
        return []
    text, values = binds.statement(" UNION ALL ".join(parts), deed.viewer)
    return [(row["entity"], row["n"]) for row in await deed.rows(text, *values) if row["n"]]


def _count(rule: Visible, entity: str, names: Sequence[str], seen: str, merged_id: UUID, binds: Binds) -> str:
    key = binds.value(merged_id)
    tests = all_of([any_of([f"x.{name} = {key}" for name in names]), seen])
    return f"SELECT '{entity}' AS entity, count(*) AS n FROM {rule.table} x WHERE {tests}"
