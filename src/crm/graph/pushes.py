"""What a subscription's payload is read from: the event's cursor, and the record as this viewer sees it now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import noun_named
from crm.graph.rows import Row


@dataclass(frozen=True, slots=True)
class Pushed:
    """The root of one event's selection. The record is in the operation's loaders already: reading it again costs nothing."""

    cursor: str
    row: Row


async def pushed(operation: Operation, type_name: str, permission: str, record_id: UUID, cursor: str) -> Pushed | None:
    """The gate at delivery: the event with its record, or None where a role or `visible` keeps it from this viewer now."""
    if not operation.rights.holds(permission):
        return None
    row = await reads.one(operation, noun_named(type_name), record_id)
    return None if row is None else Pushed(cursor, row)
