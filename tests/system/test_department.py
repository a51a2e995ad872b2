"""Departments: a tree without circles, closed only when empty; moving one moves what people see."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
DEPARTMENT = "department { id version name parent { name } head { username } }"


async def closure(office: Office) -> set[tuple[str, str, int]]:
    query = (
        "SELECT a.name, d.name, c.depth FROM department_closure c"
        " JOIN department a ON a.id = c.ancestor_id JOIN department d ON d.id = c.descendant_id"
    )
    return {tuple(row) for row in await office.rows(query)}


async def test_a_department_is_created_changed_closed_and_opened_again(office: Office):
    admin = office.admin
    top = await admin.do("departmentCreate", DEPARTMENT, input={"name": "总公司", "headId": admin.id})
    assert top == {"id": top["id"], "version": 1, "name": "总公司", "parent": None, "head": {"username": "admin"}}
    below = await admin.do("departmentCreate", DEPARTMENT, input={"name": "销售部", "parentId": top["id"]})
    assert await closure(office) == {("总公司", "总公司", 0), ("总公司", "销售部", 1), ("销售部", "销售部", 0)}
    moved = await admin.do("departmentUpdate", DEPARTMENT, id=below["id"], version=1, input={"parentId": None, "name": "市场部"})
    assert (moved["version"], moved["name"], moved["parent"]) == (2, "市场部", None)
    assert await closure(office) == {("总公司", "总公司", 0), ("市场部", "市场部", 0)}
    assert await admin.do("departmentDelete", DEPARTMENT, id=below["id"]) is None
    assert (await admin.ask("departments", "totalCount"))["totalCount"] == 1
    assert (await admin.do("departmentRestore", DEPARTMENT, id=below["id"]))["name"] == "市场部"


@pytest.mark.parametrize("depth", [1, 2, 4])
async def test_a_department_never_stands_below_itself(office: Office, depth):
    line = [await office.department("d0")]
    for n in range(1, depth):
        line.append(await office.department(f"d{n}", line[-1]))
    async with office.unchanged():
        refused = await office.admin.refusals("departmentUpdate", id=str(line[0]), version=1, input={"parentId": str(line[-1])})
    assert refused == [("INVALID", ["input", "parentId"])]


async def test_two_moves_that_would_close_a_circle_together_do_not(office: Office):
    first, second = await office.department("a"), await office.department("b")
    payloads = await asyncio.gather(
        office.admin.tried("departmentUpdate", DEPARTMENT, id=str(first), version=1, input={"parentId": str(second)}),
        office.admin.tried("departmentUpdate", DEPARTMENT, id=str(second), version=1, input={"parentId": str(first)}),
    )
    assert sorted(payload["department"] is None for payload in payloads) == [False, True]


BAD = {
    "no name": ({}, "REQUIRED", ["input", "name"]),
    "null name": ({"name": "\u3000"}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "部" * 101}, "INVALID", ["input", "name"]),
    "unknown parent": ({"name": "x", "parentId": unknown(Kind.DEPARTMENT)}, "NOT_FOUND", ["input", "parentId"]),
    "parent of another kind": ({"name": "x", "parentId": unknown(Kind.ROLE)}, "NOT_FOUND", ["input", "parentId"]),
    "malformed head": ({"name": "x", "headId": "' OR 1=1"}, "NOT_FOUND", ["input", "headId"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_department_is_refused_and_nothing_is_written(office: Office, given, code, field):
    async with office.unchanged():
        assert await office.admin.refusals("departmentCreate", input=given) == [(code, field)]


async def test_a_department_with_people_or_departments_is_not_closed(office: Office):
    top = await office.department("top")
    low = await office.department("low", top)
    await office.hire("agent", department_id=str(low))
    async with office.unchanged():
        for key in (top, low):
            assert await office.admin.refusals("departmentDelete", id=str(key)) == [("INVALID", ["id"])]


async def test_moving_a_department_moves_what_its_superiors_see(office: Office):
    top, other = await office.department("top"), await office.department("other")
    boss = await office.hire("boss", {"customer.READ": "DEPARTMENT_TREE"}, department_id=str(top))
    agent = await office.hire("agent", {"customer.*": "OWN"}, department_id=str(other))
    await agent.do("customerCreate", "customer { id }", input={"name": "客户"})
    assert (await boss.ask("customers", "totalCount"))["totalCount"] == 0
    await office.admin.do("departmentUpdate", DEPARTMENT, id=str(other), version=1, input={"parentId": str(top)})
    assert (await boss.ask("customers", "totalCount"))["totalCount"] == 1


async def test_only_who_may_edits_departments(office: Office):
    agent, key = await office.hire("agent"), await office.department("top")
    async with office.unchanged():
        for verb, arguments in {
            "departmentCreate": {"input": {"name": "x"}},
            "departmentUpdate": {"id": str(key), "version": 1, "input": {"name": "x"}},
            "departmentDelete": {"id": str(key)},
            "departmentRestore": {"id": str(key)},
        }.items():
            names = ", ".join(
                f"${name}: {kind}"
                for name, kind in {"id": "ID!", "version": "Int!", "input": "DepartmentInput!"}.items()
                if name in arguments
            )
            passed = ", ".join(f"{name}: ${name}" for name in arguments)
            answer = await agent.run(f"mutation ({names}) {{ {verb}({passed}) {{ userErrors {{ code }} }} }}", **arguments)
            assert answer.codes == ["FORBIDDEN"]
