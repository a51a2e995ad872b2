"""What happens to the values of a custom field whose definition changes: turned into another type, or taken each by one record.

Values stand in one table, so each is one or two statements, however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from crm.core.errors import Invalid
from crm.rules.system.field_types import Conversion, FieldType, conversion
from crm.services.custom_uniques import TAKEN
from crm.services.deeds import Deed

_A_NUMBER = r"v.text ~ '^-?[0-9]{1,16}(\.[0-9]{1,4})?$'"
_A_DAY = (
    "CASE WHEN v.text ~ '^(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$' THEN substr(v.text, 9)::int <="
    " extract(day FROM (substr(v.text, 1, 7) || '-01')::date + interval '1 month - 1 day') ELSE FALSE END"
)
_PRINTED = "coalesce(trim_scale(v.number)::text, v.day::text)"

_STANDING: Mapping[Conversion, str] = {
    Conversion.READ_NUMBER: f"SELECT count(*) AS n FROM custom_value v WHERE v.field_id = $1 AND NOT ({_A_NUMBER})",
    Conversion.READ_DATE: f"SELECT count(*) AS n FROM custom_value v WHERE v.field_id = $1 AND NOT ({_A_DAY})",
    Conversion.ONE_EACH: "SELECT count(*) AS n FROM custom_value v WHERE v.field_id = $1 AND EXISTS (SELECT FROM custom_value o"
    " WHERE o.record_id = v.record_id AND o.field_id = $1 AND o.id <> v.id)",
}
"""How many values cannot be turned."""

_TURNING: Mapping[Conversion, str] = {
    Conversion.READ_NUMBER: "SET number = v.text::numeric, text = NULL, text_key = NULL",
    Conversion.READ_DATE: "SET day = v.text::date, text = NULL, text_key = NULL",
    Conversion.PRINT: f"SET text = {_PRINTED}, text_key = {_PRINTED}, number = NULL, day = NULL",
    Conversion.ONE_EACH: "SET position = 0",
}
_CLASHING = f"""
SELECT count(*) AS n FROM (SELECT count(*) OVER (PARTITION BY {TAKEN.format("v")}) AS same FROM custom_value v
WHERE v.field_id = $1 AND {{live}}) x WHERE same > 1
"""
_WHERE = ("input", "type")


async def turn(deed: Deed, field_id: UUID, before: FieldType, after: FieldType) -> None:
    """Turn all values into the other type; refused, with how many stand in the way, where that cannot be done."""
    how = conversion(before, after)
    if how is None:
        count = await _counted(deed, "SELECT count(*) AS n FROM custom_value v WHERE v.field_id = $1", field_id)
        if count:
            raise Invalid(f"{count} values stand in the way: {before} cannot be turned into {after}.", _WHERE)
        return
    if how in _STANDING and (count := await _counted(deed, _STANDING[how], field_id)):
        raise Invalid(f"{count} values stand in the way: they are no {after}.", _WHERE)
    if how in _TURNING:
        await deed.run(f"UPDATE custom_value v {_TURNING[how]} WHERE v.field_id = $1", field_id)


async def take_all(deed: Deed, field_id: UUID, live: str) -> None:
    """No two records have the same value from now on; refused, with how many stand in the way. `live`: not deleted."""
    if count := await _counted(deed, _CLASHING.format(live=live), field_id):
        raise Invalid(f"{count} values stand in the way: others are the same.", ("input", "unique"))
    await deed.run(f"UPDATE custom_value v SET taken = {TAKEN.format('v')} WHERE v.field_id = $1 AND {live}", field_id)


async def release_all(deed: Deed, field_id: UUID) -> None:
    """Records may have the same value again."""
    await deed.run("UPDATE custom_value SET taken = NULL WHERE field_id = $1 AND taken IS NOT NULL", field_id)


async def _counted(deed: Deed, query: str, field_id: UUID) -> int:
    return int((await deed.rows(query, field_id))[0]["n"])
