"""Users: created, changed, deactivated. What it does to their rights and sessions holds from the very next request."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import PASSWORD, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
CARD = "user { id version username displayName active department { name } manager { username } roles { name } }"


def person(**values: object) -> dict[str, object]:
    return {"username": "zhang", "displayName": "张伟", "password": PASSWORD} | values


async def test_a_new_user_has_what_was_given(office: Office):
    sales = await office.department("销售部")
    role = await office.role("agents", {"customer.READ": "OWN"})
    given = person(departmentId=str(sales), managerId=office.admin.id, roleIds=[str(role)], extension="1001")
    user = await office.admin.do("userCreate", CARD, input=given)
    expected = {"username": "zhang", "displayName": "张伟", "active": True, "version": 1, "department": {"name": "销售部"}}
    assert user == {"id": user["id"], **expected, "manager": {"username": "admin"}, "roles": [{"name": "agents"}]}
    zhang = await office.signed_in("zhang")
    assert (await zhang.ask("me", "permissions { entity }"))["permissions"] == [{"entity": "customer"}]


BAD = {
    "no name": (person(displayName=" "), "REQUIRED", ["input", "displayName"]),
    "invisible name": (person(displayName="\u200b"), "REQUIRED", ["input", "displayName"]),
    "long name": (person(displayName="x" * 101), "INVALID", ["input", "displayName"]),
    "nul": (person(displayName="a\x00b"), "INVALID", ["input", "displayName"]),
    "username of one letter": (person(username="a"), "INVALID", ["input", "username"]),
    "username with a space": (person(username="a b"), "INVALID", ["input", "username"]),
    "taken username": (person(username="ADMIN"), "DUPLICATE", ["input", "username"]),
    "short password": (person(password="short"), "INVALID", ["input", "password"]),
    "time zone": (person(timeZone="Mars/Base"), "INVALID", ["input", "timeZone"]),
    "time zone as sql": (person(timeZone="UTC'; --"), "INVALID", ["input", "timeZone"]),
    "locale": (person(locale="../etc"), "INVALID", ["input", "locale"]),
    "department": (person(departmentId="x"), "NOT_FOUND", ["input", "departmentId"]),
    "department of another kind": (person(departmentId=unknown(Kind.USER)), "NOT_FOUND", ["input", "departmentId"]),
    "unknown manager": (person(managerId=unknown(Kind.USER)), "NOT_FOUND", ["input", "managerId"]),
    "unknown role": (person(roleIds=[unknown(Kind.ROLE)]), "NOT_FOUND", ["input", "roleIds", "0"]),
    "partner without channel": (person(kind="CHANNEL"), "INVALID", ["input", "channelId"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_user_is_refused_and_nothing_is_written(office: Office, given, code, field):
    async with office.unchanged():
        assert (code, field) in await office.admin.refusals("userCreate", input=given)


async def test_a_partners_person_needs_a_channel_and_not_just_any_party(office: Office):
    customer = await office.admin.do("customerCreate", "customer { id }", input={"name": "客户"})
    channel = await office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"})
    async with office.unchanged():
        refused = await office.admin.refusals("userCreate", input=person(kind="CHANNEL", channelId=customer["id"]))
        assert refused[0][1] == ["input", "channelId"]
    made = await office.admin.do(
        "userCreate", "user { kind channel { name } }", input=person(kind="CHANNEL", channelId=channel["id"])
    )
    assert made == {"kind": "CHANNEL", "channel": {"name": "渠道"}}


async def test_two_of_one_name_at_once_make_one_user(office: Office):
    payloads = await asyncio.gather(*(office.admin.tried("userCreate", "user { id }", input=person()) for _ in range(3)))
    assert sorted(payload["user"] is None for payload in payloads) == [False, True, True]
    assert {error["code"] for payload in payloads for error in payload["userErrors"]} == {"DUPLICATE"}


async def test_a_taken_extension_is_refused_also_when_somebody_comes_back(office: Office):
    away = await office.hire("away", extension="1001", active=False)
    await office.hire("here", extension="1001")
    async with office.unchanged():
        assert await office.admin.refusals("userCreate", input=person(extension="1001")) == [
            ("DUPLICATE", ["input", "extension"])
        ]
        codes = await office.admin.refusals("userUpdate", id=away.id, version=1, input={"active": True})
    assert [code for code, _ in codes] == ["DUPLICATE"]


async def test_deactivation_ends_all_sessions_with_the_commit(office: Office):
    agent = await office.hire("agent")
    tablet = await office.signed_in("agent")
    for session in (agent, tablet):
        assert (await session.run("{ me { id } }")).status == 200
    user = await office.admin.do("userUpdate", CARD, id=agent.id, version=1, input={"active": False})
    assert (user["active"], user["version"]) == (False, 2)
    for session in (agent, tablet):
        for query in ("{ me { id } }", "{ __typename }", 'mutation { tagCreate(input: {name: "x"}) { tag { id } } }'):
            assert (await session.run(query)).status == 401
    await office.admin.do("userUpdate", CARD, id=agent.id, version=2, input={"active": True})
    assert (await agent.run("{ me { id } }")).status == 401


async def test_a_new_role_holds_at_the_very_next_request_of_another_session(office: Office):
    agent = await office.hire("agent")
    assert (await agent.asked("customers", "nodes { id }")).codes == ["FORBIDDEN"]
    role = await office.role("readers", {"customer.READ": "ALL"})
    await office.admin.do("userUpdate", CARD, id=agent.id, version=1, input={"roleIds": [str(role)]})
    assert await agent.ask("customers", "nodes { id }") == {"nodes": []}
    await office.admin.do("userUpdate", CARD, id=agent.id, version=2, input={"roleIds": []})
    assert (await agent.asked("customers", "nodes { id }")).codes == ["FORBIDDEN"]
    assert (await agent.run('mutation { customerCreate(input: {name: "x"}) { customer { id } } }')).codes == ["FORBIDDEN"]


async def test_a_new_manager_sees_what_their_people_own_at_once(office: Office):
    boss = await office.hire("boss", {"customer.READ": "OWN"})
    agent = await office.hire("agent", {"customer.*": "OWN"})
    await agent.do("customerCreate", "customer { id }", input={"name": "客户"})
    assert (await boss.ask("customers", "totalCount"))["totalCount"] == 0
    await office.admin.do("userUpdate", CARD, id=agent.id, version=1, input={"managerId": boss.id})
    assert (await boss.ask("customers", "totalCount"))["totalCount"] == 1


async def test_a_move_to_another_department_holds_at_once_and_is_logged(office: Office):
    east, west = await office.department("east"), await office.department("west")
    owner = await office.hire("owner", {"customer.*": "OWN"}, department_id=str(east))
    agent = await office.hire("agent", {"customer.READ": "DEPARTMENT"}, department_id=str(east))
    await owner.do("customerCreate", "customer { id }", input={"name": "客户"})
    assert (await agent.ask("customers", "totalCount"))["totalCount"] == 1
    await office.admin.do("userUpdate", CARD, id=agent.id, version=1, input={"departmentId": str(west)})
    assert (await agent.ask("customers", "totalCount"))["totalCount"] == 0
    log = await office.admin.ask("changes", "nodes { verb fields { field old new } }", first=1)
    told = {"field": "department", "old": str(east), "new": str(west)}
    assert log["nodes"] == [{"verb": "user.update", "fields": [told]}]


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_a_reporting_line_has_no_circle(office: Office, length):
    line = [await office.hire("p0")]
    for n in range(1, length):
        line.append(await office.hire(f"p{n}", manager_id=line[-1].id))
    async with office.unchanged():
        refused = await office.admin.refusals("userUpdate", id=line[0].id, version=1, input={"managerId": line[-1].id})
    assert refused == [("INVALID", ["input", "managerId"])]


async def test_two_moves_that_would_close_a_circle_together_do_not(office: Office):
    first, second = await office.hire("first"), await office.hire("second")
    payloads = await asyncio.gather(
        office.admin.tried("userUpdate", "user { id }", id=first.id, version=1, input={"managerId": second.id}),
        office.admin.tried("userUpdate", "user { id }", id=second.id, version=1, input={"managerId": first.id}),
    )
    assert sorted(payload["user"] is None for payload in payloads) == [False, True]


async def test_the_last_administrator_stays(office: Office):
    admin = office.admin
    async with office.unchanged():
        for change in ({"active": False}, {"roleIds": []}):
            assert await admin.refusals("userUpdate", id=admin.id, version=1, input=change) == [("LAST_ADMINISTRATOR", None)]
    role = (await admin.ask("roles", "nodes { id }"))["nodes"][0]["id"]
    await office.hire("second", role_ids=[role])
    await admin.run(
        "mutation ($id: ID!) { userUpdate(id: $id, version: 1, input: {active: false}) { userErrors { code } } }", id=admin.id
    )
    assert (await admin.run("{ me { id } }")).status == 401


async def test_an_old_version_is_told_the_new_one(office: Office):
    agent = await office.hire("agent")
    await office.admin.do("userUpdate", CARD, id=agent.id, version=1, input={"displayName": "新名"})
    async with office.unchanged():
        payload = await office.admin.tried("userUpdate", id=agent.id, version=1, input={"displayName": "旧名"})
    assert [(error["code"], error["currentVersion"]) for error in payload["userErrors"]] == [("CONFLICT", 2)]


async def test_who_edits_people_cannot_give_roles(office: Office):
    clerk = await office.hire("clerk", {"user.UPDATE": "ALL", "user.READ": "ALL", "role.READ": "ALL"})
    role = (await clerk.ask("roles", "nodes { id }"))["nodes"][0]["id"]
    async with office.unchanged():
        refused = await clerk.refusals("userUpdate", id=clerk.id, version=1, input={"roleIds": [role]})
    assert refused[0][0] == "FORBIDDEN"
