"""A list of many records in the order of a custom field begins at its index, whichever way it runs and wherever a page begins."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.keyset import Term
from crm.access.select import Source, page_of
from crm.access.viewer import Viewer
from crm.core.ids import make_id
from crm.core.kinds import Kind
from crm.core.paging import Page
from crm.store.database import Database

FIELD = make_id(Kind.CUSTOM_FIELD, 1, 1)
ALL = Viewer(Rights(ViewerKind.STAFF, {("customer", Action.READ): Scope.ALL}))
CUSTOMERS = Source(named("party"), ("id", "name"), (("type", "CUSTOMER"),))
MANY = 3000
"""Of which every tenth has no value."""

FILL = """
INSERT INTO party (id, created_at, updated_at, version, type, name, name_key, normalised_name, lifecycle)
SELECT ('00000000-0000-8014-8000-' || lpad(n::text, 12, '0'))::uuid, now(), now(), 1, 'CUSTOMER', n, n, n, 'LEAD'
FROM generate_series(1, 3000) n
"""
VALUES = """
INSERT INTO custom_value (id, field_id, record_id, record_kind, position, number)
SELECT gen_random_uuid(), f.id, ('00000000-0000-8014-8000-' || lpad(n::text, 12, '0'))::uuid, 20, 0, n * 7919 % 1009
FROM generate_series(1, 3000) n CROSS JOIN custom_field f WHERE n % 10 > 0
"""
DEFINE = """
INSERT INTO custom_field (id, created_at, updated_at, version, entity, key, type, label_zh, label_en, required, distinct_values,
    filterable, sortable, importable, position, active)
SELECT i, now(), now(), 1, 'customer', 'field' || o, 'NUMBER', 'x', 'x', false, false, true, true, true, 0, true
FROM unnest($1::uuid[]) WITH ORDINALITY AS u(i, o)
"""


@pytest.fixture
async def filled(database: Database) -> Database:
    async with database.connection() as connection:
        await connection.execute(DEFINE, [FIELD, *(make_id(Kind.CUSTOM_FIELD, 1, n) for n in range(2, 6))])
        for statement in (FILL, VALUES, "ANALYZE party", "ANALYZE custom_value"):
            await connection.execute(statement)
    return database


def order(*, descending: bool) -> tuple[Term, Term]:
    return Term("number", descending, Decimal, nullable=True, field=FIELD), Term("id", descending, UUID)


async def run(database: Database, page: Page, *, descending: bool, explain: bool = False) -> list[Any]:
    binds = Binds()
    text = page_of(CUSTOMERS, None, None, order(descending=descending), page, ALL.rights, binds)
    query, values = binds.statement(f"EXPLAIN {text}" if explain else text, ALL)
    async with database.connection() as connection:
        return list(await connection.fetch(query, *values))


async def test_pages_begin_at_the_index(filled: Database):
    middle = ("500.0000", "00000000-0000-8014-8000-000000000001")
    for descending in (False, True):
        for page in (Page(50, False, None, None), Page(50, False, middle, None), Page(50, True, None, middle)):
            plan = "\n".join(row[0] for row in await run(filled, page, descending=descending, explain=True))
            assert "custom_value_by_number" in plan, plan
            assert "Seq Scan on custom_value" not in plan, plan


@pytest.mark.parametrize("descending", [False, True])
async def test_pages_joined_are_the_whole_list_values_first(filled: Database, descending: bool):
    found: list[Any] = []
    after: tuple[object, ...] | None = None
    while True:
        rows = await run(filled, Page(700, False, after, None), descending=descending)
        found += rows[:700]
        if len(rows) <= 700:
            break
        last = rows[699]
        after = (None if last["_custom"] is None else str(last["_custom"]), str(last["id"]))
    assert len({row["id"] for row in found}) == len(found) == MANY
    valued, bare = found[: MANY * 9 // 10], found[MANY * 9 // 10 :]
    assert all(row["_custom"] is None for row in bare)
    keys = [(row["_custom"], str(row["id"])) for row in valued]
    assert keys == sorted(keys, reverse=descending)
    ids = [str(row["id"]) for row in bare]
    assert ids == sorted(ids, reverse=descending)
    last = await run(filled, Page(400, True, None, None), descending=descending)
    assert [row["id"] for row in last[:400]][::-1] == [row["id"] for row in found[-400:]]
