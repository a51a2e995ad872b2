"""Reading nouns within an operation: through loaders, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from strawberry.types import Info

from crm.access.conditions import Condition
from crm.access.grants import Action
from crm.access.keyset import Term
from crm.access.select import Source, Tally, count_of, ids_for, page_of, tally_of
from crm.access.survivors import survivor_of
from crm.core.paging import Page
from crm.graph.context import NotPlanned, Operation, RightsMoved
from crm.graph.nouns import Noun
from crm.graph.rows import Row
from crm.loaders.batches import Record, by_id, by_parent, count_by_parent


def _row(entry: Noun, record: Record | None, operation: Operation) -> Row | None:
    return None if record is None else Row(entry, record, operation.rights)


async def one(operation: Operation, entry: Noun, record_id: UUID, *, card: bool = False, window: bool = False) -> Row | None:
    """The row of an id, or None where there is none for this viewer; `window`: the one behind its table's window too."""

    async def load(ids: list[UUID]) -> list[Record | None]:
        return await by_id(operation.fetch, replace(entry.source, window=window), ids, card=card)

    record = await operation.loader(("one", entry.name, card, window), load).load(record_id)
    return _row(entry, record, operation)


async def named(operation: Operation, entry: Noun, record_id: UUID, *, window: bool = False) -> Row | None:
    """The row that an id from outside leads to: where it was merged into another, that other."""
    row = await one(operation, entry, record_id, window=window)
    if row is not None or not entry.rule.merging:
        return row
    rows = await operation.fetch(lambda rights, binds: survivor_of(entry.rule, binds.value(record_id), binds))  # noqa: ARG005
    survivor = rows[0]["id"]
    return None if survivor is None else await one(operation, entry, survivor, window=window)


async def shown(info: Info, entry: Noun, record_id: UUID, row: Row | None = None) -> Any:
    """The one record of a mutation's payload or of an event, for the field that shows it: as a plan reads it, or as a row.

    `row` is the record where it has been read already.
    """
    operation: Operation = info.context
    if operation.plans is not None:
        try:
            found = await operation.plans.record(operation, info._raw_info, entry, record_id, known=row is not None)
        except NotPlanned:
            pass
        else:
            if found is None and row is not None:
                raise RightsMoved  # it was there a moment ago: the event is judged again from the start
            return found
    return row if row is not None else await one(operation, entry, record_id, window=True)


async def listed(
    operation: Operation,
    entry: Noun,
    condition: Condition | None,
    order: Sequence[Term],
    page: Page,
    *,
    window: bool = False,
) -> list[Row]:
    """A page of a whole table, or of what lies behind its window; one row longer than asked where there is more."""
    source = replace(entry.source, window=window)
    rows = await operation.fetch(lambda rights, binds: page_of(source, None, condition, order, page, rights, binds))
    return _present(operation, entry, rows)


async def children(
    operation: Operation,
    entry: Noun,
    column: str,
    parent: UUID,
    condition: Condition | None,
    order: Sequence[Term],
    page: Page,
) -> list[Row]:
    """A page of the rows whose `column` is the parent; all parents of a level are answered by one statement."""

    async def load(ids: list[UUID]) -> list[list[Record]]:
        return await by_parent(operation.fetch, entry.source, column, ids, condition, order, page)

    key = ("children", entry.name, column, repr(condition), tuple(order), page)
    return [Row(entry, record, operation.rights) for record in await operation.loader(key, load).load(parent)]


async def linked(
    operation: Operation, source: Source, column: str, parent: UUID, order: Sequence[Term], page: Page
) -> list[Record]:
    """Rows of a link table (record ↔ tag, role ↔ user) under a parent."""

    async def load(ids: list[UUID]) -> list[list[Record]]:
        return await by_parent(operation.fetch, source, column, ids, None, order, page)

    found: list[Record] = await operation.loader(("linked", source.rule.name, column), load).load(parent)
    return found


async def total(
    operation: Operation,
    entry: Noun,
    column: str | None,
    parent: UUID | None,
    condition: Condition | None,
    *,
    window: bool = False,
) -> int:
    """How many rows a list has for this viewer, without loading them."""
    if column is None or parent is None:
        source = replace(entry.source, window=window)
        rows = await operation.fetch(lambda rights, binds: count_of(source, None, condition, rights, binds))
        return int(rows[0]["total"])

    async def load(ids: list[UUID]) -> list[int]:
        return await count_by_parent(operation.fetch, entry.source, column, ids, condition)

    found: int = await operation.loader(("total", entry.name, column, repr(condition)), load).load(parent)
    return found


async def sums(
    operation: Operation, entry: Noun, condition: Condition | None, by: Sequence[str], summed: Sequence[str]
) -> list[Record]:
    """Counts, as `total`, and sums of a list by some of its columns. Whoever asks has looked whether they are hidden."""
    keys = {column: f"{{row}}.{column}" for column in by}
    figures = {"total": "count(*)", **{column: f"sum({{row}}.{column})" for column in summed}}
    return await tallied(operation, entry, condition, Tally(keys, figures), "total")


async def tallied(operation: Operation, entry: Noun, condition: Condition | None, wanted: Tally, counted: str) -> list[Record]:
    """The groups of a tally, in one statement; `counted` is a figure that every group has."""
    rows = await operation.fetch(lambda rights, binds: tally_of(entry.source, condition, wanted, rights, binds))
    return [row for row in rows if row[counted] is not None]


async def editable(operation: Operation, entry: Noun, record_id: UUID) -> bool:
    """Whether the viewer may change a record."""

    async def load(ids: list[UUID]) -> list[bool]:
        rows = await operation.fetch(lambda rights, binds: ids_for(entry.source, ids, Action.UPDATE, rights, binds))
        found = {row["id"] for row in rows}
        return [key in found for key in ids]

    may: bool = await operation.loader(("editable", entry.name), load).load(record_id)
    return may


def _present(operation: Operation, entry: Noun, rows: list[Record]) -> list[Row]:
    return [Row(entry, row, operation.rights) for row in rows if row["id"] is not None]
