"""Locking the rows that deeds on calls write: by what a client sent, under the rights, or by an id of our own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from tortoise.models import Model

from crm.models import Call
from crm.services.deeds import Deed
from crm.services.records import lock_seen

M = TypeVar("M", bound=Model)


def row_of(model: type[M], columns: Mapping[str, Any]) -> Any:
    """The columns of a stored row as a row that can be written."""
    row = model._init_from_db(**columns)
    row._saved_in_db = True
    return row


async def locked_call(deed: Deed, record_id: str) -> Any:
    """Lock a call that the viewer may see. What they may do with it is no question of scope: who holds it decides."""
    return await lock_seen(deed, Call, record_id)


async def locked_own(deed: Deed, model: type[M], key: UUID) -> Any:
    """Lock a row by an id that stands in a row of ours; None where it is gone or in the recycle bin."""
    table = model._meta.db_table
    found = await deed.rows(f"SELECT * FROM {table} WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", key)
    return row_of(model, found[0]) if found else None
