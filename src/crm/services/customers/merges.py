"""Merging two parties, or two contacts, into one (合并). How it is undone is in `merge_undo.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.access.grants import Action
from crm.core.errors import Conflict, DomainError, Forbidden, Invalid, Refusals
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.core.naming import field_name
from crm.core.pinyin import name_key
from crm.models import Contact, Merge, Party
from crm.rules.customers.merging import CONTACT_FIELDS, PARTY_FIELDS, UNDOABLE, MergeSide, chosen, later
from crm.rules.customers.party_names import normalised_name
from crm.services.customers.merge_lists import unite
from crm.services.customers.merge_moves import move_all
from crm.services.customers.merge_values import values_along
from crm.services.customers.parties import PARENT_LOCK
from crm.services.customers.reach import LISTS
from crm.services.deeds import Deed
from crm.services.records import FieldChange, claim, entity_of, record_change, revise, trash
from crm.services.values import loggable

_ABOVE = """
WITH RECURSIVE up(id) AS (
    SELECT $1::uuid UNION SELECT p.parent_id FROM party p JOIN up ON p.id = up.id WHERE p.parent_id IS NOT NULL)
SELECT id FROM up
"""
MERGED, SURVIVOR = ("input", "mergedId"), ("input", "survivorId")


@dataclass(frozen=True, slots=True)
class Merging:
    """What differs between merging parties and contacts."""

    model: type[Model]
    fields: tuple[str, ...]

    @property
    def column(self) -> str:
        """By which column its value rows name it."""
        return f"{self.model._meta.db_table}_id"


PARTIES, CONTACTS = Merging(Party, PARTY_FIELDS), Merging(Contact, CONTACT_FIELDS)


async def merge(deed: Deed, kind: Merging, given: Mapping[str, Any]) -> tuple[UUID, UUID]:
    """Merge one record into another: (the survivor, the entry of the ledger).

    Both are locked in the order of their ids, the merged one alone: whoever refers to it just now has committed before, or finds
    it gone. All that names it follows, whatever room it is of; whoever merges need not see that.
    """
    survivor, merged = await _claimed(deed, kind, given)
    refuse_unlike(kind, survivor, merged)
    closed = closed_to(deed, kind, entity_of(survivor))
    values = chosen(
        {name: getattr(survivor, name) for name in kind.fields},
        {name: getattr(merged, name) for name in kind.fields},
        _choices(given, closed, entity_of(survivor)),
        closed,
    )
    if kind.model is Party:
        values |= await _place_in_tree(deed, survivor, merged, values)
        values["last_contact_at"] = later(survivor.last_contact_at, merged.last_contact_at)
    merge_id = new_id(Kind.MERGE)
    before = {name: getattr(survivor, name) for name in values}
    entry = await _opened(deed, merge_id, survivor, merged)
    await move_all(deed, kind.model, merge_id, merged.id, survivor.id)
    united = await unite(deed, kind.column, survivor.id, merged.id, closed)
    await values_along(deed, survivor, merged, united)
    verb = f"{entity_of(survivor)}.merge"
    told = [*united.changes, FieldChange("merged", None, merged.name)]
    await record_change(deed, survivor, verb, await revise(deed, survivor, values | derived(values, kind), told))
    await trash(deed, merged, verb, {"merged_into_id": survivor.id})
    kept = {name: [loggable(old), loggable(values[name])] for name, old in before.items() if old != values[name]}
    entry.kept = {"values": kept, **united.kept}
    await entry.save(using_db=deed.tx, update_fields=["kept"])
    return survivor.id, merge_id


async def _claimed(deed: Deed, kind: Merging, given: Mapping[str, Any]) -> tuple[Any, Any]:
    """The survivor, which whoever merges may change, and the other, which they may delete."""
    wanted = {
        "survivor": (given["survivor_id"], Action.UPDATE, SURVIVOR),
        "merged": (given["merged_id"], Action.DELETE, MERGED),
    }
    keys = {parse_id(text) for text, _, _ in wanted.values()}
    if len(keys) == 1 and None not in keys:
        raise Invalid("A record is not merged with itself.", MERGED)
    found: dict[str, Any] = {}
    refused: dict[str, DomainError] = {}
    for name, (text, action, where) in sorted(wanted.items(), key=lambda item: item[1][0].lower()):
        try:
            found[name] = await claim(deed, kind.model, text, action, where=where, alone=name == "merged")
        except DomainError as error:
            refused[name] = error
    for name in wanted:  # whatever the order of the ids, so that no answer tells of it
        if name in refused:
            raise refused[name]
    for name, row in found.items():
        version = given.get(f"{name}_version")
        if version is not None and version != row.version:
            message = f"Somebody changed this record; it is at version {row.version} now."
            raise Conflict(message, ("input", f"{name}Version"), current_version=row.version)
    return found["survivor"], found["merged"]


def refuse_unlike(kind: Merging, survivor: Any, merged: Any) -> None:
    """Two records that cannot be one."""
    if kind.model is Party and survivor.type != merged.type:
        raise Invalid("A customer, a channel and a supplier are merged with their own kind only.", MERGED)
    if kind.model is Contact and survivor.party_id != merged.party_id:
        raise Invalid("They work at different parties: merge those first.", MERGED)


def closed_to(deed: Deed, kind: Merging, entity: str) -> frozenset[str]:
    """The columns and lists that no role of whoever merges lets them write: they stay as they are on the survivor."""
    frozen = deed.viewer.rights.frozen
    return frozenset(name for name in (*kind.fields, *LISTS, "tags") if f"{entity}.{field_name(name)}" in frozen)


def _choices(given: Mapping[str, Any], closed: frozenset[str], entity: str) -> dict[str, MergeSide]:
    choices: dict[str, MergeSide] = {}
    errors: list[DomainError] = []
    for place, each in enumerate(given.get("choices", [])):
        where = ("input", "choices", str(place), "field")
        if each["field"] in closed:
            errors.append(Forbidden(f"No role of yours lets you change this field of a {entity}.", where))
        if each["field"] in choices:
            errors.append(Invalid("This field is chosen twice.", where))
        choices[each["field"]] = MergeSide(each["side"])
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return choices


async def above(deed: Deed, party_id: UUID | None) -> set[UUID]:
    """A party with all above it, over all rows: rights must not hide a circle."""
    return set() if party_id is None else {row["id"] for row in await deed.rows(_ABOVE, party_id)}


async def _place_in_tree(deed: Deed, survivor: Any, merged: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The survivor's parent, so that nothing belongs to itself afterwards.

    One that stood below the merged party takes its place. A parent from the merged party that stands below the survivor, or is
    it, is left: what belongs to the survivor cannot be above it.
    """
    await deed.run("SELECT pg_advisory_xact_lock($1)", PARENT_LOCK)
    if merged.id in await above(deed, survivor.parent_id):
        return {"parent_id": merged.parent_id}
    wanted = values.get("parent_id")
    return {"parent_id": survivor.parent_id} if wanted is not None and survivor.id in await above(deed, wanted) else {}


def derived(values: Mapping[str, Any], kind: Merging) -> dict[str, Any]:
    """What follows from a name."""
    if "name" not in values:
        return {}
    if kind.model is Contact:
        return {"name_key": name_key(values["name"], person=True)[:400]}
    return {"name_key": name_key(values["name"])[:800], "normalised_name": normalised_name(values["name"])[:200]}


async def _opened(deed: Deed, merge_id: UUID, survivor: Any, merged: Any) -> Any:
    kind = Kind.PARTY if isinstance(survivor, Party) else Kind.CONTACT
    return await Merge.create(
        using_db=deed.tx,
        id=merge_id,
        at=deed.at,
        actor_id=deed.actor,
        record_id=survivor.id,
        record_kind=int(kind),
        merged_id=merged.id,
        merged_name=merged.name,
        expires_at=deed.at + UNDOABLE,
        kept={},
    )
