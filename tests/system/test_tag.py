"""Tags: created, changed, deleted, restored; one name once, whatever its letter case."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
TAG = "tag { id version name colour createdBy { username } updatedBy { username } }"


async def tag(api: Api, name: str, **given: object) -> dict[str, Any]:
    return dict(await api.do("tagCreate", TAG, input={"name": name, **given}))


async def tagged(api: Api, *tags: dict[str, Any]) -> str:
    """A customer with these tags."""
    made = await api.do("customerCreate", "customer { id }", input={"name": "华为"})
    await api.do("recordsTag", "results { id }", input={"ids": [made["id"]], "addIds": [each["id"] for each in tags]})
    return str(made["id"])


async def names(api: Api, key: str) -> list[str]:
    found = await api.ask("customer", "tags { name }", id=key)
    return sorted(each["name"] for each in found["tags"])


async def test_a_tag_is_created_changed_deleted_and_restored(office: Office):
    admin = office.admin
    made = await tag(admin, "  重点\u200b客户 ", colour="#1A2b3c")
    stamps = {"createdBy": {"username": "admin"}, "updatedBy": {"username": "admin"}}
    assert made == {"id": made["id"], "version": 1, "name": "重点客户", "colour": "#1A2b3c", **stamps}
    changed = await admin.do("tagUpdate", TAG, id=made["id"], version=1, input={"colour": None})
    assert changed == made | {"version": 2, "colour": None}
    key = {"id": made["id"]}
    assert await admin.do("tagDelete", TAG, **key) is None
    assert (await admin.asked("tag", "id", **key)).codes == ["NOT_FOUND"]
    assert await admin.ask("tags", "totalCount") == {"totalCount": 0}
    async with office.unchanged():
        assert await admin.refusals("tagDelete", **key) == [("NOT_FOUND", ["id"])]
        assert await admin.refusals("tagUpdate", **key, version=3, input={"name": "x"}) == [("NOT_FOUND", ["id"])]
    assert await admin.do("tagRestore", TAG, **key) == changed | {"version": 4}
    async with office.unchanged():
        assert await admin.refusals("tagRestore", **key) == [("NOT_FOUND", ["id"])]


BAD = {
    "no name": ({"name": " "}, "REQUIRED", ["input", "name"]),
    "invisible name": ({"name": "\u200b\u202e"}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "标" * 51}, "INVALID", ["input", "name"]),
    "nul": ({"name": "a\x00b"}, "INVALID", ["input", "name"]),
    "colour": ({"colour": "red"}, "INVALID", ["input", "colour"]),
    "long colour": ({"colour": "#1a2b3c4d"}, "INVALID", ["input", "colour"]),
    "taken name": ({"name": "VIP"}, "DUPLICATE", ["input", "name"]),
    "taken name in other letters": ({"name": " vIp "}, "DUPLICATE", ["input", "name"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_tag_is_refused_and_nothing_is_written(office: Office, given, code, field):
    await tag(office.admin, "VIP")
    other = await tag(office.admin, "other")
    async with office.unchanged():
        assert await office.admin.refusals("tagCreate", input={"name": "x", **given}) == [(code, field)]
        assert await office.admin.refusals("tagUpdate", id=other["id"], version=1, input=given) == [(code, field)]


async def test_a_tag_without_a_name_is_refused(office: Office):
    async with office.unchanged():
        assert await office.admin.refusals("tagCreate", input={"colour": "#112233"}) == [("REQUIRED", ["input", "name"])]


async def test_a_tag_changes_the_letter_case_of_its_own_name(office: Office):
    made = await tag(office.admin, "vip")
    changed = await office.admin.do("tagUpdate", TAG, id=made["id"], version=1, input={"name": "VIP"})
    assert (changed["name"], changed["version"]) == ("VIP", 2)


async def test_of_two_tags_with_one_name_given_at_once_one_is_a_duplicate(office: Office):
    given = ["vip", "VIP", "Vip", "viP"]
    payloads = await asyncio.gather(*(office.admin.tried("tagCreate", TAG, input={"name": name}) for name in given))
    assert len([each for each in payloads if each["tag"]]) == 1
    refused = [(error["code"], error["field"]) for each in payloads for error in each["userErrors"]]
    assert refused == [("DUPLICATE", ["input", "name"])] * 3


async def test_a_name_taken_meanwhile_in_other_letters_stops_a_restore(office: Office):
    gone = await tag(office.admin, "vip")
    await office.admin.do("tagDelete", TAG, id=gone["id"])
    await tag(office.admin, "VIP")
    async with office.unchanged():
        assert await office.admin.refusals("tagRestore", id=gone["id"]) == [("DUPLICATE", ["id"])]


async def test_another_version_is_a_conflict_and_no_change_writes_nothing(office: Office):
    made = await tag(office.admin, "vip", colour="#112233")
    async with office.unchanged():
        payload = await office.admin.tried("tagUpdate", TAG, id=made["id"], version=2, input={"name": "x"})
        same = await office.admin.do("tagUpdate", TAG, id=made["id"], version=1, input={"name": "vip", "colour": "#112233"})
    assert [(e["code"], e["field"], e["currentVersion"]) for e in payload["userErrors"]] == [("CONFLICT", ["version"], 1)]
    assert same == made


async def test_a_deleted_tag_leaves_its_records_and_comes_back_onto_them(office: Office):
    admin = office.admin
    hot, cold = await tag(admin, "hot"), await tag(admin, "cold")
    key = await tagged(admin, hot, cold)
    await admin.do("tagDelete", TAG, id=hot["id"])
    assert await names(admin, key) == ["cold"]
    by_tag = {"filter": {"tags": [hot["id"]]}}
    assert await admin.ask("customers", "totalCount", **by_tag) == {"totalCount": 0}
    results = await admin.do("recordsTag", "results { userErrors { code field } }", input={"ids": [key], "addIds": [hot["id"]]})
    assert results == [{"userErrors": [{"code": "NOT_FOUND", "field": ["input", "addIds", "0"]}]}]
    await admin.do("tagRestore", TAG, id=hot["id"])
    assert await names(admin, key) == ["cold", "hot"]
    assert await admin.ask("customers", "totalCount", **by_tag) == {"totalCount": 1}


async def test_a_new_name_is_shown_on_every_record(office: Office):
    made = await tag(office.admin, "hot")
    keys = [await tagged(office.admin, made) for _ in range(2)]
    await office.admin.do("tagUpdate", TAG, id=made["id"], version=1, input={"name": "热"})
    assert [await names(office.admin, key) for key in keys] == [["热"], ["热"]]


@pytest.mark.parametrize("odd", ["", "x", "\x00", unknown(Kind.PARTY), unknown(Kind.TAG)])
async def test_an_odd_id_is_not_found(office: Office, odd):
    async with office.unchanged():
        assert await office.admin.refusals("tagUpdate", id=odd, version=1, input={"name": "x"}) == [("NOT_FOUND", ["id"])]
        assert await office.admin.refusals("tagDelete", id=odd) == [("NOT_FOUND", ["id"])]
        assert await office.admin.refusals("tagRestore", id=odd) == [("NOT_FOUND", ["id"])]
    assert (await office.admin.asked("tag", "id", id=odd)).codes == ["NOT_FOUND"]


async def test_each_verb_asks_for_its_own_permission(office: Office):
    made = await tag(office.admin, "hot")
    calls = {
        "CREATE": 'mutation { tagCreate(input: {name: "x"}) { userErrors { code } } }',
        "UPDATE": f'mutation {{ tagUpdate(id: "{made["id"]}", version: 1, input: {{name: "y"}}) {{ userErrors {{ code }} }} }}',
        "DELETE": f'mutation {{ tagDelete(id: "{made["id"]}") {{ userErrors {{ code }} }} }}',
        "RESTORE": f'mutation {{ tagRestore(id: "{made["id"]}") {{ userErrors {{ code }} }} }}',
    }
    reader = await office.hire("reader", {"tag.READ": "ALL", "customer.*": "ALL"})
    async with office.unchanged():
        for text in calls.values():
            assert (await reader.run(text)).codes == ["FORBIDDEN"]
    assert await reader.ask("tag", "name", id=made["id"]) == {"name": "hot"}
    for action in ("CREATE", "UPDATE", "DELETE"):
        one = await office.hire(f"one.{action.lower()}", {f"tag.{action}": "ALL"})
        others = [text for name, text in calls.items() if name[:3] != action[:3] and (name, action) != ("RESTORE", "DELETE")]
        async with office.unchanged():
            assert [(await one.run(text)).codes for text in others] == [["FORBIDDEN"]] * len(others)
        assert (await one.read(calls[action])) is not None


async def test_a_frozen_colour_is_seen_and_not_changed(office: Office):
    made = await tag(office.admin, "hot", colour="#112233")
    clerk = await office.hire("clerk", {"tag.READ": "ALL", "tag.UPDATE": "ALL"}, frozen=["tag.colour"])
    async with office.unchanged():
        refused = await clerk.refusals("tagUpdate", id=made["id"], version=1, input={"colour": None})
    assert refused == [("FORBIDDEN", ["input", "colour"])]
    assert await clerk.ask("tag", "colour", id=made["id"]) == {"colour": "#112233"}
