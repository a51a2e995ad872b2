"""Every root list in every order, as PostgreSQL runs it for who sees all, half, and a thousandth of a large table; and every list
inside a record that has thousands of children.

That all lists inside records have their indexes, those of small tables too, is in `test_nested_list_indexes.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from tests.factories.crowds import BUSY, CHILDREN, CROWDS, OWNED, Plan, Watchers, explained, watched
from tests.factories.edge_plans import SERVED, faults
from tests.factories.edges import PAGE_SIZE, Edge, edges

from crm.access.binds import Binds
from crm.access.select import guarded, page_of
from crm.access.viewer import Viewer
from crm.core.paging import Page
from crm.graph.nouns import Column, noun_named, order_terms
from crm.resolvers.root import build_schema

FIRST = Page(size=20, backwards=False, after=None, before=None)
LAST = Page(size=20, backwards=True, after=None, before=None)
LARGE = [
    "Customer", "Supplier", "Contact", "Activity", "Change", "Call", "Opportunity", "Contract", "Delivery", "Announcement",
    "ScheduleEvent", "Reminder", "Notification", "ProcessTask", "Project", "Maintenance", "ServiceCase",
    "ChannelAssignment", "ChannelSubmission", "MarketingTask", "ForecastSnapshot",
    "SmsBatch", "SmsMessage", "EmailThread", "EmailMessage",
]  # fmt: skip
ALL_ROWS = 600
"""Buffers a page of 20 may touch for somebody who sees (nearly) all: the rows, their index, and rows passed over."""
FEW_ROWS = 1500
"""The same for somebody who sees 20 rows of a table and 20 of the one above: found by their ids, tested one by one."""


watchers = pytest.fixture(scope="module")(watched)


def orders() -> Iterator[tuple[str, str, bool]]:
    build_schema()
    for name in LARGE:
        for field, declared in noun_named(name).fields.items():
            if isinstance(declared, Column) and declared.sort:
                yield name, field, False
                yield name, field, True


ORDERS = list(orders())
ON_CROWDS = [edge for edge in edges() if edge.table in CROWDS and edge.column in BUSY and edge.paged]
BUFFERS = 400
"""Buffers that a page of one parent's children may touch: the rows, their index, and what the rights ask."""


async def planned(watchers: Watchers, viewer: Viewer, name: str, field: str, descending: bool, page: Page = FIRST) -> Plan:
    entry, binds = noun_named(name), Binds()
    order = order_terms(entry, [(field, descending)])
    text, values = binds.statement(guarded(page_of(entry.source, None, None, order, page, viewer.rights, binds), binds), viewer)
    async with watchers.office.database.connection() as connection:
        return await explained(connection, text, values)


@pytest.mark.parametrize(("name", "field", "descending"), ORDERS)
async def test_who_sees_all_reads_an_index_in_order(watchers: Watchers, name, field, descending):
    table = noun_named(name).source.rule.table
    for page in (FIRST, LAST):
        plan = await planned(watchers, watchers.all, name, field, descending, page)
        assert plan.rows == 21
        assert not plan.scanned("Seq Scan", table)
        assert plan.sorted_rows <= 21
        assert plan.buffers <= ALL_ROWS


@pytest.mark.parametrize(("name", "field", "descending"), ORDERS)
async def test_who_sees_half_reads_an_index_in_order(watchers: Watchers, name, field, descending):
    plan = await planned(watchers, watchers.half, name, field, descending)
    assert plan.rows == 21
    assert not plan.scanned("Seq Scan", noun_named(name).source.rule.table)
    assert plan.buffers <= 6 * ALL_ROWS  # each row that is passed by is asked for by itself: see ADR 0024


@pytest.mark.parametrize(("name", "field", "descending"), ORDERS)
async def test_who_sees_little_starts_from_what_they_see(watchers: Watchers, name, field, descending):
    plan = await planned(watchers, watchers.few, name, field, descending)
    assert 1 <= plan.rows <= 21  # one row is there even when none is
    assert not plan.scanned("Seq Scan", noun_named(name).source.rule.table)
    assert plan.buffers <= FEW_ROWS


async def test_the_one_who_sees_little_is_known_as_such(watchers: Watchers):
    letters = {"email_message", "email_thread"}  # seen through their mailbox
    empty = {"segment"}  # of a table that holds nothing everybody sees little
    assert watchers.few.rights.narrow - empty == {
        "party", "contact", "activity", "change", "process_task", "forecast_snapshot", *OWNED, *letters,
    }  # fmt: skip
    assert watchers.half.rights.narrow - empty == watchers.all.rights.narrow - empty == frozenset()


@pytest.mark.parametrize("edge", ON_CROWDS, ids=str)
async def test_a_page_of_a_parent_with_thousands_of_children(watchers: Watchers, edge: Edge):
    """Never another parent's rows; and where the order is served, no more than the page.

    Most parents here have a few rows. Where the planner thinks that sorting those costs no more than reading them in order, it
    may take any index of the parent; what the right one does is looked at without that way out.
    """
    async with watchers.office.database.connection() as connection, connection.transaction():
        if edge in SERVED:
            await connection.execute("SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off")
        parent = await connection.fetchval(f"SELECT {BUSY[edge.column]}")
        for page in [*_ends(), *await _deep(connection, edge, parent)]:
            text, values = edge.statement(watchers.all, [parent], page)
            plan = await explained(connection, text, values)
            assert plan.rows == PAGE_SIZE + 1
            assert faults(edge, plan) == []
            assert plan.sorted_rows <= CHILDREN + 20
            if edge in SERVED and not _walks(edge, page):
                assert plan.buffers <= BUFFERS


def _ends() -> list[Page]:
    return [Page(PAGE_SIZE, backwards, None, None) for backwards in (False, True)]


async def _deep(connection: Any, edge: Edge, parent: UUID) -> Sequence[Page]:
    """Pages that begin at a row in the middle of the list, both ways."""
    ways = [f"x.{term.column} {'DESC' if term.descending else 'ASC'}" for term in edge.order]
    columns = ", ".join(f"x.{term.column}::text" if term.type is not int else f"x.{term.column}" for term in edge.order)
    sql = f"SELECT {columns} FROM {edge.table} x WHERE x.{edge.column} = $1 ORDER BY {', '.join(ways)} OFFSET $2 LIMIT 1"
    found = []
    for place in (CHILDREN // 10, CHILDREN - CHILDREN // 10):
        row = tuple((await connection.fetch(sql, parent, place))[0])
        found += [Page(PAGE_SIZE, False, row, None), Page(PAGE_SIZE, True, None, row)]
    return found


def _walks(edge: Edge, page: Page) -> bool:
    """Whether the page begins in the middle of an order whose values can be NULL: one index range cannot say where."""
    return edge.order[0].nullable and (page.after is not None or page.before is not None)
