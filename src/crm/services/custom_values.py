"""The values of custom fields: the one tool by which every deed that creates or changes an owned record writes them.

    changes += await custom_values.write(deed, row, given, new=True)

The definitions are read under a lock that holds off whoever would change them: a value is written as the type it is of when it
is committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.core.errors import DomainError, Duplicate, Forbidden, Invalid, Refusals, Required
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import CustomValue
from crm.rules.system.field_types import HELD, MOST_FIELDS, FieldType
from crm.services.custom_checks import Columns, checked_value, default_rows
from crm.services.custom_uniques import take
from crm.services.deeds import Deed
from crm.services.records import FieldChange, entity_of, rule_of
from crm.services.values import loggable

NAME = "custom_fields"
"""How the inputs of all owned records call them."""
PATH = ("input", "customFields")

_HELD = """
SELECT id, key, type, label_zh, label_en, dictionary_id, target, required, distinct_values, default_value, active
FROM custom_field WHERE entity = $1 AND deleted_at IS NULL
AND (key = ANY($2::text[]) OR ($3 AND active AND (required OR default_value IS NOT NULL))) ORDER BY id FOR SHARE
"""
COLUMNS = ("text", "text_key", "number", "day", "yes_no", "option_id", "user_id", "target_id")
_PRESENT = f"SELECT field_id, position, {', '.join(COLUMNS)} FROM custom_value WHERE record_id = $1 ORDER BY position, id"

Decided = dict[UUID, tuple[Mapping[str, Any], list[Columns]]]


async def write(deed: Deed, row: Any, given: Mapping[str, Any], *, new: bool = False) -> list[FieldChange]:
    """Write the values that were given for a claimed or new record; what changed, field by field.

    A new record gets the defaults of what is not given, and is refused where nothing is given for a required field.
    """
    asked: Sequence[Mapping[str, Any]] = given.get(NAME) or ()
    eager = new and any(each.eager for each in deed.viewer.rights.custom.of(entity_of(row)))
    if not asked and not eager:
        return []
    if len(asked) > MOST_FIELDS or len({item["key"] for item in asked}) < len(asked):
        raise Invalid(f"Each field once, and at most {MOST_FIELDS}.", PATH)
    fields = await deed.rows(_HELD, entity_of(row), [item["key"] for item in asked if "\0" not in item["key"]], eager)
    present = {} if new else await _present(deed, row.id)
    decided = await _decided(deed, entity_of(row), asked, {field["key"]: field for field in fields}, present, new=new)
    changes = [await _replaced(deed, row, field, present.get(key, []), rows) for key, (field, rows) in decided.items()]
    await _take(deed, row, decided, [item["key"] for item in asked])
    return [change for change in changes if change is not None]


async def _present(deed: Deed, record_id: UUID) -> dict[UUID, list[dict[str, Any]]]:
    found: dict[UUID, list[dict[str, Any]]] = {}
    for row in await deed.rows(_PRESENT, record_id):
        found.setdefault(row["field_id"], []).append(row)
    return found


async def _decided(
    deed: Deed,
    entity: str,
    asked: Sequence[Mapping[str, Any]],
    fields: Mapping[str, Mapping[str, Any]],
    present: Mapping[UUID, list[dict[str, Any]]],
    *,
    new: bool,
) -> Decided:
    """Field → the rows its value becomes. Everything that is wrong is refused together, so a form can mark every field."""
    errors: list[DomainError] = []
    decided: Decided = {}
    for place, item in enumerate(asked):
        where = (*PATH, str(place))
        try:
            field = _writable(deed, entity, fields.get(item["key"]), where)
            decided[field["id"]] = field, await checked_value(deed, field, item, where, present.get(field["id"], ()))
        except DomainError as error:
            errors.append(error)
    named = {item["key"] for item in asked}
    for field in fields.values() if new else ():
        if field["key"] not in named:
            decided[field["id"]] = field, await default_rows(deed, field)
            if field["required"] and not decided[field["id"]][1]:
                errors.append(Required(f"{field['label_zh']} {field['label_en']}: a value is needed ({field['key']}).", PATH))
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return decided


def _writable(deed: Deed, entity: str, field: Mapping[str, Any] | None, where: tuple[str, ...]) -> Mapping[str, Any]:
    if field is None:
        raise Invalid(f"There is no such custom field of {entity}.", (*where, "key"))
    if f"{entity}.custom.{field['key']}" in deed.viewer.rights.frozen:
        raise Forbidden("No role of yours lets you change this field.", where)
    if not field["active"]:
        raise Invalid(f"{field['key']} is retired and takes no new values.", (*where, "key"))
    return field


async def _replaced(
    deed: Deed, row: Any, field: Mapping[str, Any], before: list[dict[str, Any]], rows: list[Columns]
) -> FieldChange | None:
    """Put the new value in the place of the old one; the change, or None where it is the same."""
    old, new = told_value(field, before), told_value(field, rows)
    if old == new:
        return None
    if before:
        await CustomValue.filter(record_id=row.id, field_id=field["id"]).using_db(deed.tx).delete()
    kind = int(rule_of(type(row)).kind or 0)
    place = {"field_id": field["id"], "record_id": row.id, "record_kind": kind}
    await CustomValue.bulk_create([CustomValue(id=new_id(Kind.CUSTOM_VALUE), **place, **each) for each in rows], using_db=deed.tx)
    return FieldChange(f"custom.{field['key']}", old, new)


def told_value(field: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Any:
    """A value as the change log keeps it: of several options the list of them."""
    kind = FieldType(field["type"])
    values = [loggable(_scaled(row[HELD[kind].column])) for row in rows]
    if kind is FieldType.MULTI_OPTION:
        return values or None
    return values[0] if values else None


def _scaled(value: Any) -> Any:
    """A number with the scale of its column, so that 5 and 5.0000 are the same."""
    return value.quantize(Decimal("0.0001")) if isinstance(value, Decimal) else value


async def _take(deed: Deed, row: Any, decided: Decided, keys: Sequence[str]) -> None:
    distinct = [key for key, (field, rows) in decided.items() if field["distinct_values"] and rows]
    clashing = await take(deed, row.id, distinct)
    if clashing is not None:
        key = decided[clashing][0]["key"]
        raise Duplicate("Another record has this value.", (*PATH, str(keys.index(key))) if key in keys else PATH)
