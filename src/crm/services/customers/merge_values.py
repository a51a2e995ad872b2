"""Custom values of two records that become one: the survivor gets copies of what it lacks, the merged record keeps its own."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import CustomValue
from crm.services import custom_uniques
from crm.services.custom_values import COLUMNS, told_value
from crm.services.customers.merge_lists import Union
from crm.services.deeds import Deed
from crm.services.records import FieldChange, entity_of

_VALUES = """
SELECT v.*, f.key, f.type, f.distinct_values FROM custom_value v JOIN custom_field f ON f.id = v.field_id WHERE v.record_id = $1
"""
_LACKED = f"""
{_VALUES} AND NOT EXISTS (SELECT FROM custom_value o WHERE o.record_id = $2 AND o.field_id = v.field_id)
AND f.key <> ALL($3::text[]) ORDER BY v.field_id, v.position FOR SHARE OF f
"""
_OF_FIELDS = f"{_VALUES} AND v.field_id = ANY($2::uuid[]) ORDER BY v.field_id, v.position"


async def values_along(deed: Deed, survivor: Any, merged: Any, done: Union) -> None:
    """Copy what the survivor has no value of, retired fields included; not what whoever merges may not change.

    A value that nobody else may have is the survivor's from now on: the merged record gives it up, as whatever is deleted does.
    """
    frozen = f"{entity_of(survivor)}.custom."
    closed = [key.removeprefix(frozen) for key in deed.viewer.rights.frozen if key.startswith(frozen)]
    if f"{entity_of(survivor)}.customFields" in deed.viewer.rights.frozen:
        return
    rows = await deed.rows(_LACKED, merged.id, survivor.id, closed)
    if not rows:
        return
    await custom_uniques.release(deed, merged)
    copies = [{**{name: row[name] for name in COLUMNS}, "id": new_id(Kind.CUSTOM_VALUE)} for row in rows]
    beside = {"record_id": survivor.id, "record_kind": rows[0]["record_kind"]}
    made = [
        CustomValue(**copy, **beside, field_id=row["field_id"], position=row["position"])
        for copy, row in zip(copies, rows, strict=True)
    ]
    await CustomValue.bulk_create(made, using_db=deed.tx)
    await custom_uniques.take(deed, survivor.id, sorted({row["field_id"] for row in rows if row["distinct_values"]}))
    done.changes += [FieldChange(f"custom.{held[0]['key']}", None, told_value(held[0], held)) for held in _by_field(rows)]
    done.kept["custom"] = [
        {"field": str(field), "rows": [str(copy.id) for copy in made if copy.field_id == field]}  # type: ignore[attr-defined]
        for field in dict.fromkeys(row["field_id"] for row in rows)
    ]


async def values_back(deed: Deed, survivor: Any, kept: Mapping[str, Any]) -> tuple[list[FieldChange], list[str]]:
    """Take those copies away that are as the merge left them: (changes, the fields that were left).

    Done before the merged record comes back, which wants to be the only one again that has some of the values.
    """
    copied = {UUID(entry["field"]): set(entry["rows"]) for entry in kept.get("custom", ())}
    if not copied:
        return [], []
    changes: list[FieldChange] = []
    left: list[str] = []
    for held in _by_field(await deed.rows(_OF_FIELDS, survivor.id, list(copied))):
        name = f"custom.{held[0]['key']}"
        if {str(row["id"]) for row in held} != copied[held[0]["field_id"]]:
            left.append(name)
            continue
        await deed.run("DELETE FROM custom_value WHERE id = ANY($1::uuid[])", [row["id"] for row in held])
        changes.append(FieldChange(name, told_value(held[0], held), None))
    return changes, left


def _by_field(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [list(held) for _, held in groupby(rows, key=itemgetter("field_id"))]
