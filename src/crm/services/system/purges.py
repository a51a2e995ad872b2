"""Purging: a record leaves the recycle bin for good. What was done to it stays in the change log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from crm.access.branches import declared
from crm.access.grants import Action
from crm.core.errors import Invalid, NotFound
from crm.core.ids import parse_id
from crm.models import CustomValue, RecordTag, Share, StoredFile
from crm.services.deeds import Deed
from crm.services.records import claim, entity_of, record_change
from crm.services.system.owned import models


async def purge(deed: Deed, record_id: str) -> UUID:
    """Remove a deleted record, its value rows, custom values, shares, tags and files.

    Any other record that still refers to it stops this: the foreign keys say so, whatever rooms will be added.
    """
    row: Any = await claim(deed, _model(record_id), record_id, Action.ADMINISTER, deleted=True)
    key = UUID(str(row.id))
    await record_change(deed, row, f"{entity_of(row)}.purge", [])
    await Share.filter(record_id=key).using_db(deed.tx).delete()
    await RecordTag.filter(record_id=key).using_db(deed.tx).delete()
    await StoredFile.filter(record_id=key).using_db(deed.tx).update(deleted_at=deed.at)
    await CustomValue.filter(record_id=key).using_db(deed.tx).delete()
    try:
        async with deed.savepoint() as inner:
            await row.delete(using_db=inner.tx)
    except IntegrityError as error:
        raise Invalid("Other records still refer to it; purge or change those first.", ("id",)) from error
    return key


def _model(record_id: str) -> type[Model]:
    """The model of an id whose kind can be purged."""
    for rule in declared():
        purgeable = rule.recycled and {Action.DELETE, Action.ADMINISTER} <= rule.actions
        if purgeable and rule.kind and rule.owned and parse_id(record_id, rule.kind):
            return next(model for model in models() if model._meta.db_table == rule.table)
    raise NotFound
