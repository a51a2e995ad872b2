"""Undoing a merge within thirty days: all goes back that nobody has touched since, and what was touched is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError

from crm.access.grants import Action
from crm.core.errors import IllegalTransition, Invalid, NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.naming import field_name
from crm.models import Merge, Party
from crm.services.arguments import told_at
from crm.services.customers import duplicates
from crm.services.customers.merge_lists import part
from crm.services.customers.merge_moves import FOLLOW
from crm.services.customers.merge_places import Place, place_named
from crm.services.customers.merge_values import values_back
from crm.services.customers.merges import CONTACTS, PARTIES, Merging, above, derived
from crm.services.customers.parties import PARENT_LOCK
from crm.services.deeds import Deed
from crm.services.record_sets import Only, repoint
from crm.services.records import FieldChange, claim, entity_of, record_change, revise, untrash
from crm.services.values import loggable

MOST_NAMED = 100
WHERE = ("id",)


@dataclass(slots=True)
class Undone:
    """What came of it: the record that is there again, the fields and the records that stay with the survivor."""

    record_id: UUID
    fields: list[str] = field(default_factory=list)
    records: list[UUID] = field(default_factory=list)


async def undo(deed: Deed, merge_id: str) -> Undone:
    """Take a merge back. It takes what the merge took: to change the survivor, and to delete (and so restore) the other."""
    entry, kind = await _entry(deed, merge_id)
    survivor, merged = await _claimed(deed, entry, kind)
    entry = (await deed.rows("SELECT * FROM merge WHERE id = $1 FOR UPDATE", entry["id"]))[0]
    if entry["undone_at"] is not None or entry["expires_at"] <= deed.at or merged.merged_into_id != survivor.id:
        state = "UNDONE" if entry["undone_at"] is not None else "EXPIRED" if entry["expires_at"] <= deed.at else "GONE"
        raise IllegalTransition("Merge", state, "UNDO")
    kept: Mapping[str, Any] = Merge._init_from_db(**entry).kept
    verb, done = f"{entity_of(survivor)}.unmerge", Undone(merged.id)
    if kind is PARTIES:
        await deed.run("SELECT pg_advisory_xact_lock($1)", PARENT_LOCK)
    given_back, kept_on = await values_back(deed, survivor, kept)
    await untrash(deed, merged, verb, {"merged_into_id": None})
    done.records = await _moved_back(deed, entry["id"], survivor.id, merged.id)
    values, done.fields = _values_back(survivor, kept.get("values", {}))
    changes, left = await part(deed, kind.column, survivor.id, kept)
    done.fields += [*left, *kept_on]
    told = [*changes, *given_back, FieldChange("merged", merged.name, None)]
    await record_change(deed, survivor, verb, await revise(deed, survivor, values | derived(values, kind), told))
    if kind is PARTIES:
        await _refuse_circle(deed, survivor, merged)
    with told_at("id"):
        await duplicates.check(deed, entity_of(merged), merged.id, apart=[survivor.id])
    await deed.run("UPDATE merge SET undone_at = $2, undone_by_id = $3 WHERE id = $1", entry["id"], deed.at, deed.actor)
    return done


async def _entry(deed: Deed, merge_id: str) -> tuple[dict[str, Any], Merging]:
    key = parse_id(merge_id, Kind.MERGE)
    rows = await deed.rows("SELECT * FROM merge WHERE id = $1", key) if key is not None else []
    if not rows:
        raise NotFound(WHERE)
    return rows[0], PARTIES if rows[0]["record_kind"] == Kind.PARTY else CONTACTS


async def _claimed(deed: Deed, entry: Mapping[str, Any], kind: Merging) -> tuple[Any, Any]:
    """Both rows, in the order of their ids. What was merged on answers CONFLICT and names the record that stands for it now."""
    found: dict[UUID, Any] = {}
    for key in sorted((entry["record_id"], entry["merged_id"])):
        gone = key == entry["merged_id"]
        if gone and (entry["undone_at"] is not None):
            found[key] = await claim(deed, kind.model, str(key), Action.DELETE, where=WHERE)
            continue
        action = Action.DELETE if gone else Action.UPDATE
        found[key] = await claim(deed, kind.model, str(key), action, where=WHERE, deleted=gone)
    return found[entry["record_id"]], found[entry["merged_id"]]


def _values_back(survivor: Any, kept: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Any], list[str]]:
    """The values that the survivor had, of the fields that still are as the merge left them; and the other fields."""
    values: dict[str, Any] = {}
    left: list[str] = []
    for name, (old, new) in kept.items():
        if loggable(getattr(survivor, name)) != new:
            left.append(field_name(name))
        else:
            made = survivor._meta.fields_map.get(name) or survivor._meta.fields_map[name.removesuffix("_id")]
            values[name] = UUID(old) if name.endswith("_id") and old is not None else made.to_python_value(old)
    return values, left


async def _moved_back(deed: Deed, merge_id: UUID, survivor: UUID, merged: UUID) -> list[UUID]:
    """Rows go back that still are as the merge left them; the records that are not, by their ids."""
    rows = await deed.rows("SELECT DISTINCT place FROM merge_item WHERE merge_id = $1", merge_id)
    found = [place for row in rows if (place := place_named(row["place"])) is not None]
    places = sorted(found, key=lambda place: place.order)
    # Looked at before anything is moved: a record that names the survivor twice counts its version up with each.
    judged = {place.name: await _judged(deed, merge_id, place, survivor) for place in places}
    left: set[UUID] = set()
    for place in places:
        await _put_back(deed, merge_id, place)
        untouched, touched = judged[place.name]
        only = Only(f"x.{place.key} IN (SELECT unnest({{0}}::text[])::{place.key_type})", (untouched,))
        await repoint(deed, place.model, place.column, survivor, merged, verb=FOLLOW, only=only, quiet=place.quiet)
        if place.counted:
            left.update(UUID(key) for key in touched)
    return sorted(left)[:MOST_NAMED]


# By a window and not a join: of rows that were just written the planner knows nothing, and would compare each with each.
_JUDGED = """
SELECT i.row_key, x.{column} = $3 AND {same} AS untouched
FROM (SELECT place, row_key, max(version) OVER (PARTITION BY row_key) AS version FROM merge_item
      WHERE merge_id = $1 AND starts_with(place, $4) AND dropped IS NULL) i
JOIN {table} x ON x.{key} = i.row_key::{type} WHERE i.place = $2
"""


async def _judged(deed: Deed, merge_id: UUID, place: Place, survivor: UUID) -> tuple[list[str], list[str]]:
    """The keys of the rows that are as the merge left them, and of those that somebody has changed since."""
    same = "x.version = i.version" if place.counted else "TRUE"
    query = _JUDGED.format(column=place.column, same=same, table=place.table, key=place.key, type=place.key_type)
    rows = await deed.rows(query, merge_id, place.name, survivor, f"{place.table}.")
    untouched = [row["row_key"] for row in rows if row["untouched"]]
    return untouched, [row["row_key"] for row in rows if not row["untouched"]]


async def _put_back(deed: Deed, merge_id: UUID, place: Place) -> None:
    """Rows that could not stay beside the survivor's are there again, unless what they hang on is gone."""
    query = (
        f"INSERT INTO {place.table} SELECT (jsonb_populate_record(NULL::{place.table}, i.dropped)).* FROM merge_item i"
        " WHERE i.merge_id = $1 AND i.place = $2 AND i.dropped IS NOT NULL ON CONFLICT DO NOTHING"
    )
    try:
        async with deed.savepoint() as inner:
            await inner.run(query, merge_id, place.name)
    except IntegrityError:
        return  # a call, an activity that was purged since took what hung on it along


async def _refuse_circle(deed: Deed, *parties: Party) -> None:
    """Parents that were changed since may have made a circle of what was none."""
    for party in parties:
        parent: UUID | None = party.parent_id  # type: ignore[attr-defined]
        if party.id in await above(deed, parent):
            raise Invalid("A party would belong to itself: change its parent first.", WHERE)
