"""Roles: created, changed, deleted, restored. Nobody is ever left without an administrator."""

from __future__ import annotations

import pytest
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
ROLE = """role { id version name description members { username }
    grants { entity action scope } fieldGrants { entity field restriction } }"""


def grant(entity: str, action: str = "READ", scope: str = "ALL") -> dict[str, str]:
    return {"entity": entity, "action": action, "scope": scope}


def restriction(field: str, kind: str = "HIDDEN", entity: str = "customer") -> dict[str, str]:
    return {"entity": entity, "field": field, "restriction": kind}


async def test_a_role_is_created_changed_deleted_and_restored(office: Office):
    admin = office.admin
    given = {
        "name": "客服",
        "description": "前台",
        "grants": [grant("customer", scope="OWN")],
        "fieldGrants": [restriction("creditLimit")],
    }
    role = await admin.do("roleCreate", ROLE, input=given)
    assert role == {"id": role["id"], "version": 1, **given, "members": []}
    changed = await admin.do("roleUpdate", ROLE, id=role["id"], version=1, input={"grants": [grant("contact")]})
    assert (changed["version"], changed["grants"], changed["fieldGrants"]) == (2, [grant("contact")], given["fieldGrants"])
    assert await admin.do("roleDelete", ROLE, id=role["id"]) is None
    assert (await admin.asked("role", "id", id=role["id"])).codes == ["NOT_FOUND"]
    restored = await admin.do("roleRestore", ROLE, id=role["id"])
    assert (restored["name"], restored["grants"]) == ("客服", [grant("contact")])


BAD = {
    "no name": ({"name": " "}, "REQUIRED", ["input", "name"]),
    "none at all": ({}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "x" * 101}, "INVALID", ["input", "name"]),
    "taken name": ({"name": "管理员 administrator"}, "DUPLICATE", ["input", "name"]),
    "unknown entity": ({"name": "x", "grants": [grant("ghost")]}, "INVALID", ["input", "grants", "0"]),
    "empty entity": ({"name": "x", "grants": [grant("")]}, "REQUIRED", ["input", "grants", "0", "entity"]),
    "unknown permission": ({"name": "x", "grants": [grant("tag", "APPROVE")]}, "INVALID", ["input", "grants", "0"]),
    "scope without owners": ({"name": "x", "grants": [grant("tag", scope="OWN")]}, "INVALID", ["input", "grants", "0", "scope"]),
    "twice": ({"name": "x", "grants": [grant("tag"), grant("tag", scope="NONE")]}, "INVALID", ["input", "grants"]),
    "unknown field": ({"name": "x", "fieldGrants": [restriction("shoeSize")]}, "INVALID", ["input", "fieldGrants", "0"]),
    "field that is never null": ({"name": "x", "fieldGrants": [restriction("name")]}, "INVALID", ["input", "fieldGrants", "0"]),
    "field of an unknown entity": (
        {"name": "x", "fieldGrants": [restriction("name", entity="ghost")]},
        "INVALID",
        ["input", "fieldGrants", "0"],
    ),
    "field twice": (
        {"name": "x", "fieldGrants": [restriction("note"), restriction("note", "FROZEN")]},
        "INVALID",
        ["input", "fieldGrants"],
    ),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_role_is_refused_and_nothing_is_written(office: Office, given, code, field):
    async with office.unchanged():
        assert await office.admin.refusals("roleCreate", input=given) == [(code, field)]


async def test_a_required_field_can_be_frozen(office: Office):
    role = await office.admin.do("roleCreate", ROLE, input={"name": "x", "fieldGrants": [restriction("name", "FROZEN")]})
    assert role["fieldGrants"] == [restriction("name", "FROZEN")]


async def test_a_role_that_takes_the_administrator_from_itself_is_refused(office: Office):
    admin = office.admin
    role = (await admin.ask("roles", "nodes { id version grants { entity action scope } }"))["nodes"][0]
    without = [each for each in role["grants"] if (each["entity"], each["action"]) != ("role", "UPDATE")]
    async with office.unchanged():
        for change in ({"grants": []}, {"grants": without}):
            refused = await admin.refusals("roleUpdate", id=role["id"], version=role["version"], input=change)
            assert refused == [("LAST_ADMINISTRATOR", None)]
        assert await admin.refusals("roleDelete", id=role["id"]) == [("LAST_ADMINISTRATOR", None)]


async def test_a_change_of_a_role_holds_at_the_very_next_request_of_its_members(office: Office):
    agent = await office.hire("agent", {"customer.READ": "ALL"})
    await office.admin.do("customerCreate", "customer { id }", input={"name": "客户", "note": "hush"})
    selection = "nodes { name note }"
    assert (await agent.ask("customers", selection))["nodes"] == [{"name": "客户", "note": "hush"}]
    role = (await office.admin.ask("roles", "nodes { id version }", filter={"name": {"eq": "role of agent"}}))["nodes"][0]
    key = {"id": role["id"]}
    await office.admin.do("roleUpdate", ROLE, **key, version=1, input={"fieldGrants": [restriction("note")]})
    hidden = await agent.asked("customers", selection)
    assert (hidden.data["customers"]["nodes"], hidden.codes) == ([{"name": "客户", "note": None}], ["FORBIDDEN"])
    await office.admin.do(
        "roleUpdate", ROLE, **key, version=2, input={"fieldGrants": [], "grants": [grant("customer", scope="OWN")]}
    )
    assert (await agent.ask("customers", selection))["nodes"] == []
    await office.admin.do("roleDelete", ROLE, **key)
    assert (await agent.asked("customers", selection)).codes == ["FORBIDDEN"]
    await office.admin.do("roleRestore", ROLE, **key)
    assert (await agent.ask("customers", selection))["nodes"] == []


async def test_a_name_taken_meanwhile_stops_a_restore(office: Office):
    admin = office.admin
    role = await admin.do("roleCreate", ROLE, input={"name": "客服"})
    await admin.do("roleDelete", ROLE, id=role["id"])
    await admin.do("roleCreate", ROLE, input={"name": "客服"})
    async with office.unchanged():
        assert await admin.refusals("roleRestore", id=role["id"]) == [("DUPLICATE", ["id"])]
