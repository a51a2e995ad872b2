"""Writing records: claim, insert, revise, delete, restore, and the change log. Each verb's own rules stay in its own function.

The order is the house's: lock, read, decide, write, record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

import orjson
from tortoise.models import Model

from crm.access.binds import Binds
from crm.access.branches import Visible
from crm.access.grants import Action
from crm.access.predicates import permitted, readable
from crm.access.searched import searched_of
from crm.core.errors import Conflict, DomainError, Forbidden, Invalid, MergedAway, NotFound, Refusals, Required
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case, field_name
from crm.rules.system.notices import Notice
from crm.services import custom_uniques
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.references import absent, rule_of_table
from crm.services.topics import topic_of_changes
from crm.services.values import loggable

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, as the change log keeps it."""

    field: str
    old: Any
    new: Any


def rule_of(model: type[Model]) -> Visible:
    """The `visible` of a model's table."""
    return rule_of_table(model._meta.db_table)


def entity_of(row: Model) -> str:
    """The name that roles grant for this row."""
    rule = rule_of(type(row))
    value = getattr(row, rule.discriminator) if rule.discriminator else ""
    return rule.entities.get(value, rule.name)


def require_gate(deed: Deed, entity: str, action: Action) -> None:
    """The gate of an action on an entity, for verbs that serve several entities. A closed gate is a refusal, not a crash."""
    if not deed.viewer.rights.allows(entity, action):
        raise Forbidden(f"No role of yours grants {entity}.{action.lower()}.")


async def claim(
    deed: Deed,
    model: type[M],
    record_id: str,
    action: Action,
    *,
    where: tuple[str, ...] = ("id",),
    deleted: bool = False,
    fixed: Mapping[str, str] | None = None,
    alone: bool = False,
) -> M:
    """Lock the record for a change by this viewer.

    Not there, or not to be seen: `NotFound`. To be seen but not theirs to change: `Forbidden`. `deleted` claims from the recycle
    bin, where whoever may not take the action sees nothing. `fixed` narrows a table of several types. `alone` keeps others from
    referring to it meanwhile.
    """
    rule, binds = rule_of(model), Binds()
    key = parse_id(record_id, rule.kind) if rule.kind is not None else None
    if key is None:
        raise NotFound(where)
    rights = deed.viewer.rights
    tests = [f"r.id = {binds.value(key)}", *(f"r.{name} = {binds.value(value)}" for name, value in (fixed or {}).items())]
    type_ = (fixed or {}).get(rule.discriminator or "")
    may = permitted(rule, "r", rights, binds, action, deleted=deleted, fixed=type_)
    tests.append(readable(rule, "r", rights, binds, fixed=type_, deleted=deleted, window=not deleted))
    strength = "UPDATE" if alone else "NO KEY UPDATE"
    query = f"SELECT r.*, ({may}) AS claimable FROM {rule.table} r WHERE {' AND '.join(tests)} FOR {strength} OF r"
    text, values = binds.statement(query, deed.viewer)
    found = await deed.rows(text, *values)
    if not found and not deleted:
        raise await absent(deed, rule, key, where, fixed or {})
    if not found or (deleted and not found[0]["claimable"]):
        raise NotFound(where)
    if not found[0].pop("claimable"):
        raise Forbidden(f"You may see this record, but not {action.lower()} it.", where)
    row = model._init_from_db(**found[0])
    row._saved_in_db = True
    return row


async def lock_seen(deed: Deed, model: type[M], record_id: str, *, where: tuple[str, ...] = ("id",), deleted: bool = False) -> M:
    """Lock a record that the viewer may see, where what they may do with it is no question of scope: the verb decides."""
    rule, binds = rule_of(model), Binds()
    key = parse_id(record_id, rule.kind) if rule.kind is not None else None
    if key is None:
        raise NotFound(where)
    wanted = binds.value(key)
    seen = readable(rule, "r", deed.viewer.rights, binds, deleted=deleted)
    text, values = binds.statement(
        f"SELECT r.* FROM {rule.table} r WHERE r.id = {wanted} AND {seen} FOR NO KEY UPDATE OF r", deed.viewer
    )
    found = await deed.rows(text, *values)
    if not found:
        raise NotFound(where)
    row = model._init_from_db(**found[0])
    row._saved_in_db = True
    return row


def check_version(row: Any, version: int | None) -> None:
    """The optimistic lock: an update that names an old version is refused, and told the current one."""
    if version is not None and row.version != version:
        raise Conflict(
            f"Somebody changed this record; it is at version {row.version} now.", ("version",), current_version=row.version
        )


def check_frozen(deed: Deed, entity: str, names: Sequence[str], path: tuple[str, ...] = ("input",)) -> None:
    """Fields that every role of the viewer freezes (or hides) cannot be written."""
    frozen = deed.viewer.rights.frozen
    errors: list[DomainError] = [
        Forbidden("No role of yours lets you change this field.", (*path, camel_case(name)))
        for name in names
        if f"{entity}.{field_name(name)}" in frozen
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)


async def insert(
    deed: Deed, model: type[M], kind: Kind, values: Mapping[str, Any], *, key: UUID | None = None
) -> tuple[M, list[FieldChange]]:
    """Write a new record with its author; the row, and its values as changes. `key` is its id, where that is known before."""
    stamps = {"created_at": deed.at, "updated_at": deed.at, "created_by_id": deed.actor, "updated_by_id": deed.actor}
    row = await model.create(using_db=deed.tx, id=key or new_id(kind), **stamps, **values)
    derived = _derived(model)
    changes = [FieldChange(field_name(n), None, loggable(v)) for n, v in values.items() if v is not None and n not in derived]
    return row, changes


DERIVED = frozenset({"name_key", "normalised_name", "password_hash", "owner_since", "recycle_warned_at", "sealed_secret"})
"""Columns that follow from others (or must not be read): not told in the change log."""
DERIVED_OF_OWNED = DERIVED | {"department_id"}
"""The department of a record follows from its owner; the department of a person from nothing."""


def _derived(model: type[Model]) -> frozenset[str]:
    return DERIVED_OF_OWNED if "owner_id" in model._meta.fields_map else DERIVED


async def revise(deed: Deed, row: Any, values: Mapping[str, Any], changes: Sequence[FieldChange] = ()) -> list[FieldChange]:
    """Write new values of a claimed record and count its version up; nothing is written where nothing changes.

    `changes` are those of its value rows, which count as changes of the record.
    """
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    derived = _derived(type(row))
    told = [
        FieldChange(field_name(name), loggable(getattr(row, name)), loggable(value))
        for name, value in differing.items()
        if name not in derived
    ]
    told += changes
    if not differing and not told:
        return []
    stamps = {"updated_at": deed.at, "updated_by_id": deed.actor, "version": row.version + 1}
    row.update_from_dict({**differing, **stamps})
    await row.save(using_db=deed.tx, update_fields=[*differing, *stamps])
    return told


_LOG = """
WITH told AS (INSERT INTO event (topic, record_id, record_kind, audience, recorded_at) VALUES ($13, $2, $3, '{}', $11))
INSERT INTO change
    (id, record_id, record_kind, party_id, entity, verb, actor_id, on_behalf_of_id, channel, request_id, at, changes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""


async def record_change(deed: Deed, row: Any, verb: str, changes: Sequence[FieldChange], *, party_id: UUID | None = None) -> None:
    """One entry of the change log: the verb, who, when, how, and every field before and after.

    Whoever watches the record is told of it. The event is written by the same statement, since every change pays for it, and
    rings no bell: the relay finds it at its next look, and nothing else is woken by every edit. Where it may be found by other
    words now, or no longer, the search centre takes note of it when the deed ends.
    """
    rule = rule_of(type(row))
    assert rule.kind is not None
    if party_id is None:
        party_id = row.id if rule.kind is Kind.PARTY else getattr(row, "party_id", None)
    reworded = searched_of(rule.kind)
    if reworded is not None and (not changes or row.version <= 1 or any(each.field in reworded.told for each in changes)):
        deed.reworded.add(row.id)
    told = orjson.dumps([{"field": each.field, "old": each.old, "new": each.new} for each in changes]).decode()
    await deed.run(
        _LOG, new_id(Kind.CHANGE), row.id, int(rule.kind), party_id, entity_of(row), verb, deed.actor, deed.on_behalf_of,
        deed.channel.value, deed.request_id, deed.at, told,
        topic_of_changes(rule.kind).value,
    )  # fmt: skip


async def trash(deed: Deed, row: Any, verb: str, values: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Move a claimed record to the recycle bin; its owner is notified. `values` are written with it, and logged."""
    stamps = {"deleted_at": deed.at, "deleted_by_id": deed.actor}
    told = await revise(deed, row, {**stamps, **values})
    if "owner_id" in type(row)._meta.fields_map:
        await custom_uniques.release(deed, row)
    deed.reworded.add(row.id)
    fields = {field_name(name) for name in values}
    await record_change(deed, row, verb, [each for each in told if each.field in fields])
    await notify_people(deed, Notice.DELETED, row.id, [getattr(row, "owner_id", None)])


async def untrash(deed: Deed, row: Any, verb: str, values: Mapping[str, Any] = MappingProxyType({})) -> None:
    """Take a claimed record back out of the recycle bin. `values` are written with it, and logged.

    One that was merged comes back by undoing that, which clears `merged_into_id` among them.
    """
    if "merged_into_id" not in values and (survivor := getattr(row, "merged_into_id", None)) is not None:
        raise MergedAway(("id",), survivor)
    told = await revise(deed, row, {"deleted_at": None, "deleted_by_id": None, **values})
    if "owner_id" in type(row)._meta.fields_map:
        await custom_uniques.take_again(deed, row)
    deed.reworded.add(row.id)
    fields = {field_name(name) for name in values}
    await record_change(deed, row, verb, [each for each in told if each.field in fields])


def refuse_blank(values: Mapping[str, Any], names: Sequence[str]) -> None:
    """New records need these values."""
    errors: list[DomainError] = [
        Required("A value is needed here.", ("input", camel_case(name))) for name in names if not values.get(name)
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)


def refuse_outside(value: int | None, low: int, high: int, name: str) -> None:
    """A whole number must lie between two bounds."""
    if value is not None and not low <= value <= high:
        raise Invalid(f"Must be between {low} and {high}.", ("input", camel_case(name)))
