"""A scope is decided twice, in Python for records to be made and in SQL for those that are there: the two agree."""

from __future__ import annotations

from itertools import product

import pytest

from crm.access.binds import Binds
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


@pytest.mark.parametrize("viewer", [IN_A_DEPARTMENT, IN_NONE], ids=["in a department", "in none"])
@pytest.mark.parametrize("scope", list(Scope))
async def test_python_and_sql_reach_the_same_records(database: Database, scope: Scope, viewer: Viewer):
    for owner, department in product((ME, BELOW, STRANGER, None), (MINE, UNDER, ELSEWHERE, None)):
        binds = Binds()
        row = f"(SELECT {binds.value(owner)}::uuid AS owner_id, {binds.value(department)}::uuid AS department_id) r"
        text, values = binds.statement(f"SELECT 1 FROM {row} WHERE {within(named('contact'), 'r', scope, binds)}", viewer)
        async with database.connection() as connection:
            found = bool(await connection.fetch(text, *values))
        assert viewer.reaches(scope, owner, department) == found, (scope, owner, department)
