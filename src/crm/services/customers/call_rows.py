"""Locking the rows that deeds on calls write: by what a client sent, under the rights, or by an id of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from tortoise.models import Model

from crm.access.binds import Binds
from crm.access.predicates import readable
from crm.core.errors import NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import Call
from crm.services.deeds import Deed
from crm.services.records import rule_of

M = TypeVar("M", bound=Model)


def row_of(model: type[M], columns: Mapping[str, Any]) -> Any:
    """The columns of a stored row as a row that can be written."""
    row = model._init_from_db(**columns)
    row._saved_in_db = True
    return row


async def locked_call(deed: Deed, record_id: str) -> Any:
    """Lock a call that the viewer may see. What they may do with it is no question of scope: who holds it decides."""
    key = parse_id(record_id, Kind.CALL)
    if key is None:
        raise NotFound(("id",))
    binds = Binds()
    wanted = binds.value(key)
    seen = readable(rule_of(Call), "r", deed.viewer.rights, binds)
    query = f"SELECT r.* FROM call r WHERE r.id = {wanted} AND {seen} FOR NO KEY UPDATE OF r"
    text, values = binds.statement(query, deed.viewer)
    found = await deed.rows(text, *values)
    if not found:
        raise NotFound(("id",))
    return row_of(Call, found[0])


async def locked_own(deed: Deed, model: type[M], key: UUID) -> Any:
    """Lock a row by an id that stands in a row of ours; None where it is gone or in the recycle bin."""
    table = model._meta.db_table
    found = await deed.rows(f"SELECT * FROM {table} WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", key)
    return row_of(model, found[0]) if found else None
