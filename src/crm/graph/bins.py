"""The recycle bin: deleted rows of one entity, as little of them as it takes to restore the right one.

A deleted row is never read as its own type: everything under it is proven visible by its being visible, and it is not.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.access.keyset import Term
from crm.access.select import Source, deleted_count, deleted_page
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.paging import read_page
from crm.graph.connections import PageOfRows, list_signature
from crm.graph.context import Operation
from crm.graph.nouns import Noun, nouns
from crm.graph.rows import Row

ORDER = (Term("deleted_at", descending=True, type=datetime), Term("id", descending=True, type=UUID))


def recycled_noun(entity: str) -> Noun:
    """The noun of an entity whose rows can be deleted and restored."""
    for entry in nouns():
        if entry.entity == entity and entry.rule.recycled and Action.DELETE in entry.rule.actions:
            return entry
    raise BadUserInput(f"`entity` {entity!r} is none whose records can be deleted.")


async def bin_page(operation: Operation, entity: str, arguments: dict[str, Any]) -> PageOfRows:
    """A page of the recycle bin of one entity, last deleted first."""
    entry = recycled_noun(entity)
    if not operation.rights.allows(entity, Action.DELETE):
        raise FieldForbidden(f"{entity}.delete")
    name = f"deleted {entry.name}"
    page = read_page(**arguments, signature=list_signature(name, ORDER), width=len(ORDER))
    discriminator = (entry.rule.discriminator,) if entry.rule.discriminator else ()
    columns = ("id", entry.label, "deleted_at", "deleted_by_id", *discriminator)
    source = Source(entry.rule, columns, entry.source.fixed)
    found = await operation.fetch(lambda rights, binds: deleted_page(source, ORDER, page, rights, binds))
    rows = [Row(entry, record, operation.rights) for record in found if record["id"] is not None]

    async def count() -> int:
        totals = await operation.fetch(lambda rights, binds: deleted_count(source, rights, binds))
        return int(totals[0]["total"])

    return PageOfRows(rows, name, ORDER, page, count)
