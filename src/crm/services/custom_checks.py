"""One value of a custom field, from what a client gave to what its columns take; refused where it is none of the field's type."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.branches import grantable, rule_of_entity
from crm.core.errors import Invalid, NotFound, Required
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.money import exceeds
from crm.core.naming import camel_case
from crm.core.pinyin import name_key
from crm.core.text import clean, has_nul
from crm.rules.system.field_types import HELD, MOST_OPTIONS, MOST_TEXT, FieldType, default_of
from crm.services.deeds import Deed
from crm.services.references import rule_of_table, visible_id

Columns = dict[str, Any]
Field = Mapping[str, Any]
Where = tuple[str, ...]

KEY_LENGTH = 200
_GIVEN = frozenset(held.given for held in HELD.values())
_OPTION = (
    "SELECT id, active FROM dictionary_item WHERE dictionary_id = $1 AND (id = $2 OR code = $3) AND deleted_at IS NULL FOR SHARE"
)
"""It is held until the record is written: otherwise somebody could retire or remove it in between, finding it unused."""


async def checked_value(
    deed: Deed, field: Field, item: Mapping[str, Any], where: Where, present: Sequence[Mapping[str, Any]]
) -> list[Columns]:
    """The rows that hold what was given: none where the field is cleared. What stands there already is not judged anew."""
    kind = FieldType(field["type"])
    name = HELD[kind].given
    wrong = sorted(camel_case(other) for other in _GIVEN & set(item) if other != name and item[other] is not None)
    if wrong:
        raise Invalid(f"Values of {field['key']} are given as `{camel_case(name)}`.", (*where, wrong[0]))
    value = item.get(name)
    rows = [] if value is None else await _READERS[kind](deed, field, value, (*where, camel_case(name)), present)
    if not rows and field["required"]:
        raise Required(f"{field['label_zh']} {field['label_en']}: a value is needed here.", where)
    return rows


async def default_rows(deed: Deed, field: Field) -> list[Columns]:
    """What a new record gets that says nothing of the field; none where an option was retired since."""
    if field["default_value"] is None:
        return []
    kind = FieldType(field["type"])
    value = default_of(kind, field["default_value"])
    if kind is not FieldType.OPTION:
        return await _READERS[kind](deed, field, value, (), ())
    found = await deed.rows(_OPTION, field["dictionary_id"], None, value)
    return [{"option_id": found[0]["id"]}] if found and found[0]["active"] else []


def text_columns(text: str) -> Columns:
    """A text and what it is put in order by."""
    return {"text": text, "text_key": name_key(text)[:KEY_LENGTH] if text else None}


async def _text(_: Deed, __: Field, value: str, where: Where, ___: Any) -> list[Columns]:
    if has_nul(value):
        raise Invalid("The text has a NUL character.", where)
    text = clean(value)
    if len(text) > MOST_TEXT:
        raise Invalid(f"The text is longer than {MOST_TEXT} characters.", where)
    return [text_columns(text)] if text else []


async def _number(_: Deed, __: Field, value: Any, where: Where, ___: Any) -> list[Columns]:
    if exceeds(value, 20, 4):
        raise Invalid("At most 16 digits before the point and 4 after it.", where)
    return [{"number": value}]


async def _day(_: Deed, __: Field, value: Any, ___: Where, ____: Any) -> list[Columns]:
    return [{"day": value}]


async def _yes_no(_: Deed, __: Field, value: bool, ___: Where, ____: Any) -> list[Columns]:
    return [{"yes_no": value}]


async def _option(deed: Deed, field: Field, value: str, where: Where, present: Sequence[Mapping[str, Any]]) -> list[Columns]:
    return [{"option_id": await _option_id(deed, field, value, where, present)}]


async def _options(
    deed: Deed, field: Field, values: Sequence[str], where: Where, present: Sequence[Mapping[str, Any]]
) -> list[Columns]:
    if len(values) > MOST_OPTIONS:
        raise Invalid(f"At most {MOST_OPTIONS} options.", where)
    found = [await _option_id(deed, field, value, (*where, str(place)), present) for place, value in enumerate(values)]
    if len(set(found)) < len(found):
        raise Invalid("The same option stands here twice.", where)
    return [{"option_id": key, "position": place} for place, key in enumerate(found)]


async def _option_id(deed: Deed, field: Field, value: str, where: Where, present: Sequence[Mapping[str, Any]]) -> UUID:
    key = parse_id(value, Kind.DICTIONARY_ITEM)
    if key is not None and key in {row["option_id"] for row in present}:
        return key
    found = [] if key is None else await deed.rows(_OPTION, field["dictionary_id"], key, None)
    if not found:
        raise Invalid(f"This is no option of {field['key']}.", where)
    if not found[0]["active"]:
        raise Invalid("This option can no longer be chosen.", where)
    return key  # type: ignore[return-value]  # found, so it is one


async def _user(deed: Deed, _: Field, value: str, where: Where, __: Any) -> list[Columns]:
    return [{"user_id": await visible_id(deed, rule_of_table("user_account"), value, where)}]


async def _record(deed: Deed, field: Field, value: str, where: Where, present: Sequence[Mapping[str, Any]]) -> list[Columns]:
    """A record of the field's entity that the viewer may see; the one that stands there may have gone out of their sight."""
    key = parse_id(value)
    if key is not None and key in {row["target_id"] for row in present}:
        return [{"target_id": key}]
    return [{"target_id": await named_record(deed, field["target"], value, where)}]


async def named_record(deed: Deed, entity: str, text: str, where: Where) -> UUID:
    """The id of a record of this entity that the viewer may read: of a table of several types, of this one."""
    rule = rule_of_entity(entity)
    found = await visible_id(deed, rule, text, where)
    if rule.discriminator is not None:
        rows = await deed.rows(f"SELECT {rule.discriminator} AS kind FROM {rule.table} WHERE id = $1", found)
        if rule.entities.get(rows[0]["kind"]) != entity:
            raise NotFound(where)
    return found


_READERS: Mapping[FieldType, Callable[..., Awaitable[list[Columns]]]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: _day,
    FieldType.OPTION: _option,
    FieldType.MULTI_OPTION: _options,
    FieldType.USER: _user,
    FieldType.RECORD: _record,
    FieldType.YES_NO: _yes_no,
}


def customisable() -> frozenset[str]:
    """The entities whose records can have custom fields: all whose records have owners."""
    return frozenset(entity for entity in grantable() if rule_of_entity(entity).owned)
