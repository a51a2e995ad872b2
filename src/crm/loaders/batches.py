"""Batches: what a loader is asked for many keys at once, answered by one statement, in the order of the keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.conditions import Condition
from crm.access.grants import Rights
from crm.access.keyset import Term
from crm.access.select import Parent, Source, by_ids, count_of, page_of
from crm.core.paging import Page

Record = Mapping[str, Any]
Fetch = Callable[[Callable[[Rights, Binds], str]], Awaitable[list[Record]]]
"""Runs a statement rendered for the viewer's rights; the first row may be the guard's own, without an id."""


async def by_id(fetch: Fetch, source: Source, ids: Sequence[UUID], *, card: bool) -> list[Record | None]:
    """The row of each id, None where there is none for this viewer."""
    rows = await fetch(lambda rights, binds: by_ids(source, ids, rights, binds, card=card))
    found = {row["id"]: row for row in rows}
    return [found.get(key) for key in ids]


async def by_parent(
    fetch: Fetch,
    source: Source,
    column: str,
    ids: Sequence[UUID],
    condition: Condition | None,
    order: Sequence[Term],
    page: Page,
) -> list[list[Record]]:
    """The page of each parent, one row longer than asked where there is more, in the order of the list."""
    parent = Parent(column, tuple(ids))
    rows = await fetch(lambda rights, binds: page_of(source, parent, condition, order, page, rights, binds))
    lists: dict[UUID, list[Record]] = {key: [] for key in ids}
    for row in rows:
        if row["id"] is not None:
            lists[row["_parent"]].append(row)
    return [lists[key] for key in ids]


async def count_by_parent(
    fetch: Fetch, source: Source, column: str, ids: Sequence[UUID], condition: Condition | None
) -> list[int]:
    """How many rows each parent has for this viewer."""
    parent = Parent(column, tuple(ids))
    rows = await fetch(lambda rights, binds: count_of(source, parent, condition, rights, binds))
    totals = {row["_parent"]: row["total"] for row in rows}
    return [totals.get(key, 0) for key in ids]
