"""A scope is decided twice, in Python for records to be made and in SQL for those that are there: the two agree."""

from __future__ import annotations

from itertools import product

import pytest

from crm.access.binds import Binds, Look
from crm.access.branches import named
from crm.access.grants import Rights, Scope, ViewerKind
from crm.access.predicates import within
from crm.access.viewer import Viewer
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.store.database import Database

ME, BELOW, STRANGER = (new_id(Kind.USER) for _ in range(3))
MINE, UNDER, ELSEWHERE = (new_id(Kind.DEPARTMENT) for _ in range(3))
RIGHTS = Rights(ViewerKind.STAFF, {})
IN_A_DEPARTMENT = Viewer(RIGHTS, id=ME, staff=(ME, BELOW), department=MINE, department_tree=(MINE, UNDER))
IN_NONE = Viewer(RIGHTS, id=ME, staff=(ME, BELOW))


CLOSURES = """
CREATE TEMPORARY TABLE reporting_closure (superior_id uuid, subordinate_id uuid);
CREATE TEMPORARY TABLE department_closure (ancestor_id uuid, descendant_id uuid);
"""
"""They stand in front of the real tables, whose rows would need people and departments of their own."""


@pytest.mark.parametrize("look", list(Look))
@pytest.mark.parametrize("viewer", [IN_A_DEPARTMENT, IN_NONE], ids=["in a department", "in none"])
@pytest.mark.parametrize("scope", list(Scope))
async def test_python_and_sql_reach_the_same_records(database: Database, scope: Scope, viewer: Viewer, look: Look):
    async with database.connection() as connection, connection.transaction():
        await connection.execute(CLOSURES)
        await connection.executemany(
            "INSERT INTO reporting_closure VALUES ($1, $2)", [(ME, ME), (ME, BELOW), (STRANGER, STRANGER)]
        )
        await connection.executemany(
            "INSERT INTO department_closure VALUES ($1, $2)", [(MINE, MINE), (MINE, UNDER), (ELSEWHERE, ELSEWHERE)]
        )
        for owner, department, indexed in product((ME, BELOW, STRANGER, None), (MINE, UNDER, ELSEWHERE, None), (False, True)):
            binds = Binds()
            row = f"(SELECT {binds.value(owner)}::uuid AS owner_id, {binds.value(department)}::uuid AS department_id) r"
            with binds.looking(look):
                test = within(named("contact"), "r", scope, viewer.rights, binds, indexed=indexed)
            text, values = binds.statement(f"SELECT 1 FROM {row} WHERE {test}", viewer)
            found = bool(await connection.fetch(text, *values))
            assert viewer.reaches(scope, owner, department) == found, (scope, owner, department, indexed)
        await connection.execute("DROP TABLE reporting_closure; DROP TABLE department_closure")
