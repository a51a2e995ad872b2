"""Every list inside a record has the indexes that ADR 0030 promises.

A new relation or order is looked at from the day it is declared. Without an index for its default order it fails here. What the
lists of a parent with thousands of children cost is in `test_list_plans.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import kept
from tests.factories.crowds import explained
from tests.factories.edge_plans import SERVED, faults
from tests.factories.edges import Edge, edges

from crm.access.loading import load_by_token
from crm.access.viewer import Viewer


@pytest.fixture(scope="module")
async def desk(databases) -> AsyncIterator[tuple[Any, Viewer]]:
    """A connection, and somebody who sees all."""
    async for office in kept(databases):
        async with office.database.connection() as connection:
            viewer = await load_by_token(connection, office.admin.token or "")
            assert viewer is not None
            yield connection, viewer


@asynccontextmanager
async def undone(connection: Any) -> AsyncIterator[None]:
    """A transaction that is always rolled back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        await transaction.rollback()


async def judge(connection: Any, viewer: Viewer, edge: Edge) -> None:
    """The edge's statements find their rows by an index on its column; where the order is served, without a sort.

    The tables are empty, so any plan costs nothing. What the indexes can do shows when everything else is taken from the
    planner: reading the whole table, sorting, and the indexes that begin with another column.
    """
    async with undone(connection):
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        if edge in SERVED:
            await connection.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        await _hide_indexes(connection, edge, "<>")
        for page in edge.pages():
            text, values = edge.statement(viewer, [UUID(int=1), UUID(int=2)], page)
            found = faults(edge, await explained(connection, text, values, run=False))
            columns = ", ".join(term.column for term in edge.order)
            assert not found, f"{edge}: {found}; add an index on {edge.table} ({edge.column}, {columns})"


async def _hide_indexes(connection: Any, edge: Edge, which: str) -> None:
    """Indexes that begin (or not) with the edge's column are not there for the rest of the transaction."""
    sql = f"""UPDATE pg_index i SET indisvalid = false FROM pg_attribute a
        WHERE i.indrelid = $1::regclass AND a.attrelid = i.indrelid AND a.attname = $2 AND i.indkey[0] {which} a.attnum"""
    await connection.execute(sql, edge.table, edge.column)


@pytest.mark.parametrize("edge", edges(), ids=str)
async def test_rows_are_found_by_their_parent(desk: tuple[Any, Viewer], edge: Edge):
    await judge(*desk, edge)


async def test_a_missing_index_is_found(desk: tuple[Any, Viewer]):
    """The guard itself: for no edge is it silent without the indexes that begin with the edge's column."""
    connection, viewer = desk
    silent = []
    for edge in SERVED:
        async with undone(connection):
            await _hide_indexes(connection, edge, "=")
            with suppress(AssertionError):
                await judge(connection, viewer, edge)
                silent.append(str(edge))
    assert silent == []
