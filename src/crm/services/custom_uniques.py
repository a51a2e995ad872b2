"""Custom fields whose values must differ: a value is taken while a record that is not deleted has it.

`taken` is made from the value by PostgreSQL alone, one by one as for a whole field, and a unique index over it decides
between two who write the same at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crm.core.errors import Duplicate
from crm.services.deeds import Deed

TAKEN = "md5(coalesce(lower({0}.text), trim_scale({0}.number)::text, {0}.day::text, {0}.user_id::text, {0}.target_id::text))"
_CLASHING = f"""
SELECT v.field_id FROM custom_value v WHERE v.record_id = $1 AND v.field_id = ANY($2::uuid[])
AND EXISTS (SELECT FROM custom_value o WHERE o.field_id = v.field_id AND o.taken = {TAKEN.format("v")} AND o.record_id <> $1)
"""
_TAKE = f"UPDATE custom_value v SET taken = {TAKEN.format('v')} WHERE v.record_id = $1 AND v.field_id = ANY($2::uuid[])"
_DISTINCT = (
    "SELECT v.field_id FROM custom_value v JOIN custom_field f ON f.id = v.field_id WHERE v.record_id = $1 AND f.distinct_values"
)


async def take(deed: Deed, record_id: UUID, fields: Sequence[UUID]) -> UUID | None:
    """Take the values that the record has of these fields; or the first field whose value another record has."""
    if not fields:
        return None
    clashing = await deed.rows(_CLASHING, record_id, list(fields))
    if clashing:
        found: UUID = clashing[0]["field_id"]
        return found
    await deed.run(_TAKE, record_id, list(fields))
    return None


async def release(deed: Deed, row: Any) -> None:
    """A record that is deleted keeps its values, and others may have them too."""
    await deed.run("UPDATE custom_value SET taken = NULL WHERE record_id = $1 AND taken IS NOT NULL", row.id)


async def take_again(deed: Deed, row: Any) -> None:
    """A record comes back with its values, unless another has one of them by now."""
    fields = [each["field_id"] for each in await deed.rows(_DISTINCT, row.id)]
    if await take(deed, row.id, fields) is not None:
        raise Duplicate("Another record has the value of a custom field that must be unique.", ("id",))
