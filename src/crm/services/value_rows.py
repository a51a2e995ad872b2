"""Value rows of a record: phone numbers, addresses, participants. Given as a whole list, which replaces what is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.naming import field_name
from crm.core.paging import MAX_OWNED
from crm.services.deeds import Deed
from crm.services.records import FieldChange
from crm.services.values import loggable


async def replace(
    deed: Deed,
    model: type[Model],
    kind: Kind,
    parent: tuple[str, UUID],
    name: str,
    rows: Sequence[Mapping[str, Any]],
    shown: Sequence[str],
    told: Mapping[str, str] | None = None,
) -> list[FieldChange]:
    """Replace the value rows under `parent` (column, id); the change, or none where the `shown` columns are equal.

    `told` says which columns the change log names, and how, where these are not the `shown` ones.
    """
    if len(rows) > MAX_OWNED:
        raise Invalid(f"At most {MAX_OWNED} entries.", ("input", field_name(name)))
    column, key = parent
    before = await model.filter(**{column: key}).using_db(deed.tx).order_by("position").values(*shown)
    after = [{column: row.get(column) for column in shown} for row in rows]
    old, new = loggable(before), loggable(after)
    if old == new:
        return []
    await model.filter(**{column: key}).using_db(deed.tx).delete()
    made = [model(id=new_id(kind), position=place, **{column: key}, **row) for place, row in enumerate(rows)]
    await model.bulk_create(made, using_db=deed.tx)
    names = told or {column: field_name(column) for column in shown}
    return [FieldChange(field_name(name), _told(old, names), _told(new, names))]


def _told(rows: list[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]] | None:
    """The rows as the change log shows them, in the schema's names; None for no rows."""
    return [{name: row[column] for column, name in names.items()} for row in rows] or None
