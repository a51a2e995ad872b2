"""Ring groups: numbers and members as whole lists, names unique, read by everybody who works here."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
GROUP = "ringGroup { id version name strategy ringSeconds numbers { number } members { username } }"


async def group(office: Office, **given: Any) -> dict[str, Any]:
    return await office.admin.do("ringGroupCreate", GROUP, input={"name": "Hotline", **given})


async def test_a_group_has_what_was_given(office: Office):
    people = [await office.hire(name) for name in ("wang", "li")]
    made = await group(office, numbers=["4000", "400-800 1234"], memberIds=[p.id for p in people], strategy="ROUND_ROBIN")
    assert made == {
        "id": made["id"],
        "version": 1,
        "name": "Hotline",
        "strategy": "ROUND_ROBIN",
        "ringSeconds": 60,
        "numbers": [{"number": "4000"}, {"number": "400-800 1234"}],
        "members": made["members"],
    }
    assert sorted(each["username"] for each in made["members"]) == ["li", "wang"]
    changed = await office.admin.do(
        "ringGroupUpdate", GROUP, id=made["id"], version=1,
        input={"name": "热线", "ringSeconds": 30, "numbers": ["4001"], "memberIds": [people[0].id]},
    )  # fmt: skip
    assert changed == made | {
        "version": 2, "name": "热线", "ringSeconds": 30, "numbers": [{"number": "4001"}], "members": [{"username": "wang"}],
    }  # fmt: skip
    assert (await office.admin.do("ringGroupUpdate", GROUP, id=made["id"], version=2, input={"numbers": ["4001"]})) == changed


async def test_staff_read_groups_without_a_grant_and_partners_do_not(office: Office):
    made = await group(office)
    clerk = await office.hire("clerk")
    found = await clerk.ask("ringGroups", "nodes { name }", search="hot")
    assert found["nodes"] == [{"name": "Hotline"}]
    assert (await clerk.ask("ringGroup", "name", id=made["id"])) == {"name": "Hotline"}
    channel = (await office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"}))["id"]
    partner = await office.hire("partner", {"call.READ": "OWN"}, kind="CHANNEL", channel_id=channel)
    assert (await partner.asked("ringGroups", "nodes { name }")).codes == ["FORBIDDEN"]


async def test_a_name_is_given_once(office: Office):
    made = await group(office)
    other = await group(office, name="Sales")
    async with office.unchanged():
        assert await office.admin.refusals("ringGroupCreate", input={"name": "HOTLINE"}) == [("DUPLICATE", ["input", "name"])]
        assert await office.admin.refusals("ringGroupUpdate", id=other["id"], version=1, input={"name": "hotline"}) == [
            ("DUPLICATE", ["input", "name"])
        ]
    await office.admin.do("ringGroupDelete", "ringGroup { id }", id=made["id"])
    await group(office)
    async with office.unchanged():
        assert await office.admin.refusals("ringGroupRestore", id=made["id"]) == [("DUPLICATE", ["id"])]


async def test_of_two_who_take_a_name_at_once_one_gets_it(office: Office):
    payloads = await asyncio.gather(*(office.admin.tried("ringGroupCreate", GROUP, input={"name": "x"}) for _ in range(3)))
    codes = sorted([error["code"] for error in payload["userErrors"]] for payload in payloads)
    assert codes == [[], ["DUPLICATE"], ["DUPLICATE"]]


BAD: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "no name": ({"name": ""}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "x" * 61}, "INVALID", ["input", "name"]),
    "too short": ({"ringSeconds": 4}, "INVALID", ["input", "ringSeconds"]),
    "too long": ({"ringSeconds": 3601}, "INVALID", ["input", "ringSeconds"]),
    "empty number": ({"numbers": ["4000", " "]}, "REQUIRED", ["input", "numbers", "1"]),
    "long number": ({"numbers": ["1" * 65]}, "INVALID", ["input", "numbers", "0"]),
    "number twice": ({"numbers": ["4000", "4000 "]}, "INVALID", ["input", "numbers", "1"]),
    "too many numbers": ({"numbers": [str(n) for n in range(51)]}, "INVALID", ["input", "numbers"]),
    "unknown member": ({"memberIds": [unknown(Kind.USER)]}, "NOT_FOUND", ["input", "memberIds", "0"]),
    "no user": ({"memberIds": [unknown(Kind.PARTY)]}, "NOT_FOUND", ["input", "memberIds", "0"]),
}


@pytest.mark.parametrize("bad", BAD)
async def test_wrong_values_are_refused_and_change_nothing(office: Office, bad: str):
    made = await group(office, name="Other")
    given, code, field = BAD[bad]
    async with office.unchanged():
        assert await office.admin.refusals("ringGroupCreate", input={"name": "Hotline", **given}) == [(code, field)]
        if bad != "no name":
            assert await office.admin.refusals("ringGroupUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_a_member_is_named_once_and_works_here(office: Office):
    wang, gone = await office.hire("wang"), await office.hire("gone")
    await office.admin.do("userUpdate", "user { active }", id=gone.id, version=1, input={"active": False})
    async with office.unchanged():
        given = {"name": "x", "memberIds": [wang.id, wang.id]}
        assert await office.admin.refusals("ringGroupCreate", input=given) == [("INVALID", ["input", "memberIds"])]
        given = {"name": "x", "memberIds": [gone.id]}
        assert await office.admin.refusals("ringGroupCreate", input=given) == [("INVALID", ["input", "memberIds", "0"])]


async def test_an_old_version_and_who_may_not(office: Office):
    made = await group(office)
    clerk = await office.hire("clerk", {"ring_group.READ": "ALL"})
    async with office.unchanged():
        assert await office.admin.refusals("ringGroupUpdate", id=made["id"], version=0, input={}) == [("CONFLICT", ["version"])]
        answer = await clerk.run("mutation ($id: ID!) { ringGroupDelete(id: $id) { userErrors { code } } }", id=made["id"])
        assert answer.codes == ["FORBIDDEN"]


async def test_a_deleted_group_comes_back_with_its_lists(office: Office):
    made = await group(office, numbers=["4000"], memberIds=[office.admin.id])
    await office.admin.do("ringGroupDelete", "ringGroup { id }", id=made["id"])
    assert (await office.admin.ask("ringGroups", "totalCount"))["totalCount"] == 0
    assert (await office.admin.do("ringGroupRestore", GROUP, id=made["id"])) == made | {"version": 3}
