"""What happens to the definitions of custom fields. They are retired, and never deleted while a record has a value.

Definitions are part of every viewer's permission set, so each change moves the rights epoch: plans, filters and rights that
knew the old ones end with the commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from crm.access.branches import rule_of_entity
from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid, Required
from crm.core.kinds import Kind
from crm.models import CustomField
from crm.rules.system.field_types import HELD, KEY, MOST_FIELDS, WITH_DEFAULT, FieldType, default_of
from crm.services.custom_checks import customisable, default_rows
from crm.services.deeds import Deed
from crm.services.records import (
    FieldChange,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    require_gate,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.system.field_conversions import release_all, take_all, turn
from crm.services.values import columns

EDIT_LOCK = 7_261_008
_OPTIONS = (FieldType.OPTION, FieldType.MULTI_OPTION)


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new field of an entity; records that are there already have no value."""
    require_gate(deed, "custom_field", Action.ADMINISTER)
    await _one_at_a_time(deed)
    refuse_blank(given, ["entity", "key", "type", "label_zh", "label_en"])
    values = await _decided(deed, given)
    _check_place(values)
    await _check_fit(deed, {"required": False, "filterable": True, **values})
    fields = await deed.rows("SELECT key FROM custom_field WHERE entity = $1 AND deleted_at IS NULL", values["entity"])
    if values["key"] in {row["key"] for row in fields}:
        raise Duplicate("This entity has a field with this key.", ("input", "key"))
    if len(fields) >= MOST_FIELDS:
        raise Invalid(f"An entity has at most {MOST_FIELDS} fields.", ("input", "entity"))
    field, changes = await insert(deed, CustomField, Kind.CUSTOM_FIELD, values)
    await record_change(deed, field, "customField.create", _told(changes))
    await _tell_everybody(deed)
    return field.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a definition. Claiming it holds off whoever is about to write a value of it."""
    await _one_at_a_time(deed)
    field: Any = await claim(deed, CustomField, record_id, Action.ADMINISTER)
    check_version(field, version)
    values = await _decided(deed, given)
    whole = {**vars(field), **values}
    await _check_fit(deed, whole)
    before, after = FieldType(field.type), FieldType(whole["type"])
    if before is not after:
        await turn(deed, field.id, before, after)
    if field.distinct_values and (before is not after or not whole["distinct_values"]):
        await release_all(deed, field.id)
    if whole["distinct_values"] and (before is not after or not field.distinct_values):
        await take_all(deed, field.id, _live(field.entity))
    if changes := await revise(deed, field, values):
        await record_change(deed, field, "customField.update", _told(changes))
        await _tell_everybody(deed)
    return UUID(str(field.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Remove a field that no record has a value of; one that has values can be retired."""
    await _one_at_a_time(deed)
    field = await claim(deed, CustomField, record_id, Action.ADMINISTER)
    count = (await deed.rows("SELECT count(*) AS n FROM custom_value WHERE field_id = $1", field.id))[0]["n"]
    if count:
        raise Invalid(f"{count} values stand in the way; retire it instead.", ("id",))
    await trash(deed, field, "customField.delete")
    await _tell_everybody(deed)
    return field.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Bring a removed field back."""
    await _one_at_a_time(deed)
    field = await claim(deed, CustomField, record_id, Action.ADMINISTER, deleted=True)
    await untrash(deed, field, "customField.restore")
    await _tell_everybody(deed)
    return field.id


async def _one_at_a_time(deed: Deed) -> None:
    """Definitions are edited one after another: an entity has so many and no more, and values are turned only once."""
    await deed.run("SELECT pg_advisory_xact_lock($1)", EDIT_LOCK)


async def _tell_everybody(deed: Deed) -> None:
    await deed.run("UPDATE rights_epoch SET epoch = epoch + 1, catalogue = gen_random_uuid()")


async def _decided(deed: Deed, given: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"distinct_values" if name == "unique" else name: value for name, value in given.items()}
    values, references = columns(CustomField, renamed)
    return {**values, **await resolved(deed, CustomField, references)}


def _told(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """The changes under the names of the schema."""
    return [replace(each, field="unique") if each.field == "distinctValues" else each for each in changes]


def _check_place(values: Mapping[str, Any]) -> None:
    """What is said once and never changes: whose field it is, under which key, and what it points at."""
    if values["entity"] not in customisable():
        raise Invalid("This is no entity whose records have owners.", ("input", "entity"))
    if not KEY.fullmatch(values["key"]):
        raise Invalid("A key is 1 to 40 small letters, digits or `_`, and begins with a letter.", ("input", "key"))
    kind = FieldType(values["type"])
    if (values.get("dictionary_id") is not None) is not (kind in _OPTIONS):
        if kind in _OPTIONS:
            raise Required("Options come from a dictionary.", ("input", "dictionaryId"))
        raise Invalid(f"{kind} has no options.", ("input", "dictionaryId"))
    if (values.get("target") is not None) is not (kind is FieldType.RECORD):
        if kind is FieldType.RECORD:
            raise Required("Name the entity whose records can stand there.", ("input", "target"))
        raise Invalid(f"{kind} names no records.", ("input", "target"))
    if values.get("target") is not None and values["target"] not in customisable():
        raise Invalid("This is no entity whose records have owners.", ("input", "target"))


async def _check_fit(deed: Deed, whole: Mapping[str, Any]) -> None:
    """What is asked of the field goes with its type."""
    kind = FieldType(whole["type"])
    if kind in _OPTIONS and whole.get("dictionary_id") is None:
        raise Invalid("It has no dictionary to take options from.", ("input", "type"))
    if kind is FieldType.RECORD and whole.get("target") is None:
        raise Invalid("It names no entity.", ("input", "type"))
    if whole.get("sortable") and HELD[kind].order is None:
        raise Invalid(f"Lists cannot be ordered by {kind}.", ("input", "sortable"))
    if whole.get("distinct_values") and not HELD[kind].distinct:
        raise Invalid(f"Values of {kind} cannot be unique.", ("input", "unique"))
    if (text := whole.get("default_value")) is not None:
        await _check_default(deed, whole, kind, text)


async def _check_default(deed: Deed, whole: Mapping[str, Any], kind: FieldType, text: str) -> None:
    where = ("input", "defaultValue")
    if kind not in WITH_DEFAULT or whole.get("distinct_values"):
        raise Invalid("Such a field has no default.", where)
    try:
        default_of(kind, text)
    except ValueError as error:
        raise Invalid(f"This is no {kind}.", where) from error
    if kind is FieldType.OPTION and not await default_rows(deed, whole):
        raise Invalid("The dictionary has no such option.", where)


def _live(entity: str) -> str:
    """The record of a value is not in the recycle bin, as SQL."""
    table = rule_of_entity(entity).table
    return f"EXISTS (SELECT FROM {table} r WHERE r.id = v.record_id AND r.deleted_at IS NULL)"
