"""Options of dictionaries: created, changed, retired, removed, restored; never removed while anything uses them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.factories.api import Api, Office, document, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
ITEM = """dictionaryItem { id version code labelZh labelEn position colour active
    dictionary { code } parent { code } createdBy { username } updatedBy { username } }"""
EDITOR = {"dictionary.READ": "ALL", "dictionary.ADMINISTER": "ALL"}


async def dictionary(api: Api, code: str = "customer_level") -> str:
    found = await api.ask("dictionaries", "nodes { id }", filter={"code": {"eq": code}})
    return str(found["nodes"][0]["id"])


async def option(api: Api, code: str, within: str = "customer_level", **given: object) -> dict[str, Any]:
    """A new option."""
    labels = {"labelZh": f"选项{code}", "labelEn": code, "code": code, "dictionaryId": await dictionary(api, within)}
    return dict(await api.do("dictionaryItemCreate", ITEM, input=labels | given))


async def change(api: Api, key: str, version: int, **given: object) -> dict[str, Any]:
    return dict(await api.do("dictionaryItemUpdate", ITEM, id=key, version=version, input=given))


async def test_an_option_is_created_changed_removed_and_restored(office: Office):
    admin = office.admin
    above = await option(admin, "top")
    made = await option(admin, "vip", position=7, colour="#1a2b3c", parentId=above["id"])
    stamps = {"createdBy": {"username": "admin"}, "updatedBy": {"username": "admin"}}
    assert made == {
        "id": made["id"], "version": 1, "code": "vip", "labelZh": "选项vip", "labelEn": "vip", "position": 7, "colour": "#1a2b3c",
        "active": True, "dictionary": {"code": "customer_level"}, "parent": {"code": "top"}, **stamps,
    }  # fmt: skip
    changed = await change(admin, made["id"], 1, labelZh=" 贵宾\u200b ", colour=None, parentId=None, active=False)
    assert changed == made | {"version": 2, "labelZh": "贵宾", "colour": None, "parent": None, "active": False}
    key = {"id": made["id"]}
    assert await admin.do("dictionaryItemDelete", ITEM, **key) is None
    assert (await admin.asked("dictionaryItem", "id", **key)).codes == ["NOT_FOUND"]
    assert (await admin.ask("dictionaryItems", "totalCount", filter={"code": {"eq": "vip"}})) == {"totalCount": 0}
    async with office.unchanged():
        assert await admin.refusals("dictionaryItemDelete", **key) == [("NOT_FOUND", ["id"])]
        assert await admin.refusals("dictionaryItemUpdate", **key, version=3, input={"labelEn": "x"}) == [("NOT_FOUND", ["id"])]
    assert await admin.do("dictionaryItemRestore", ITEM, **key) == changed | {"version": 4}
    async with office.unchanged():
        assert await admin.refusals("dictionaryItemRestore", **key) == [("NOT_FOUND", ["id"])]


BAD = {
    "no code": ({"code": " "}, "REQUIRED", ["input", "code"]),
    "empty code": ({"code": ""}, "REQUIRED", ["input", "code"]),
    "capital code": ({"code": "VIP"}, "INVALID", ["input", "code"]),
    "code with a line end": ({"code": "vip\u0085x"}, "INVALID", ["input", "code"]),
    "long code": ({"code": "x" * 41}, "INVALID", ["input", "code"]),
    "taken code": ({"code": "a"}, "DUPLICATE", ["input", "code"]),
    "no Chinese label": ({"labelZh": "\u200b"}, "REQUIRED", ["input", "labelZh"]),
    "long label": ({"labelEn": "x" * 101}, "INVALID", ["input", "labelEn"]),
    "nul": ({"labelEn": "a\x00b"}, "INVALID", ["input", "labelEn"]),
    "colour": ({"colour": "red"}, "INVALID", ["input", "colour"]),
    "colour of seven other signs": ({"colour": "#1a2b3g"}, "INVALID", ["input", "colour"]),
    "long colour": ({"colour": "#1a2b3c4d"}, "INVALID", ["input", "colour"]),
    "dictionary malformed": ({"dictionaryId": "x"}, "NOT_FOUND", ["input", "dictionaryId"]),
    "dictionary unknown": ({"dictionaryId": unknown(Kind.DICTIONARY)}, "NOT_FOUND", ["input", "dictionaryId"]),
    "dictionary of another kind": ({"dictionaryId": unknown(Kind.TAG)}, "NOT_FOUND", ["input", "dictionaryId"]),
    "parent unknown": ({"parentId": unknown(Kind.DICTIONARY_ITEM)}, "NOT_FOUND", ["input", "parentId"]),
    "parent of another kind": ({"parentId": unknown(Kind.DICTIONARY)}, "NOT_FOUND", ["input", "parentId"]),
}
CREATION_ONLY = {"code", "dictionaryId"}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_value_is_refused_at_its_place_and_nothing_is_written(office: Office, given, code, field):
    admin = office.admin
    right = {"code": "vip", "labelZh": "贵宾", "labelEn": "VIP", "dictionaryId": await dictionary(admin)}
    made = await option(admin, "made")
    async with office.unchanged():
        assert await admin.refusals("dictionaryItemCreate", input=right | given) == [(code, field)]
        if not CREATION_ONLY & given.keys():
            assert await admin.refusals("dictionaryItemUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_a_code_is_unique_in_its_dictionary_only(office: Office):
    await option(office.admin, "vip")
    assert (await option(office.admin, "vip", within="industry"))["dictionary"] == {"code": "industry"}


async def test_of_two_options_with_one_code_given_at_once_one_is_a_duplicate(office: Office):
    given = {"code": "vip", "labelZh": "贵宾", "labelEn": "VIP", "dictionaryId": await dictionary(office.admin)}
    payloads = await asyncio.gather(*(office.admin.tried("dictionaryItemCreate", ITEM, input=given) for _ in range(4)))
    assert len([each for each in payloads if each["dictionaryItem"]]) == 1
    refused = [(error["code"], error["field"]) for each in payloads for error in each["userErrors"]]
    assert refused == [("DUPLICATE", ["input", "code"])] * 3


async def test_a_code_taken_meanwhile_stops_a_restore(office: Office):
    gone = await option(office.admin, "vip")
    await office.admin.do("dictionaryItemDelete", ITEM, id=gone["id"])
    await option(office.admin, "vip")
    async with office.unchanged():
        assert await office.admin.refusals("dictionaryItemRestore", id=gone["id"]) == [("DUPLICATE", ["id"])]


async def test_another_version_is_a_conflict_and_no_change_writes_nothing(office: Office):
    made = await option(office.admin, "vip")
    async with office.unchanged():
        payload = await office.admin.tried("dictionaryItemUpdate", ITEM, id=made["id"], version=2, input={"labelEn": "x"})
        assert await change(office.admin, made["id"], 1, labelEn="vip", active=True) == made
    assert [(e["code"], e["field"], e["currentVersion"]) for e in payload["userErrors"]] == [("CONFLICT", ["version"], 1)]


async def test_an_entry_of_another_dictionary_is_no_entry_above(office: Office):
    admin = office.admin
    made, other = await option(admin, "vip"), await option(admin, "other", within="industry")
    right = {"code": "x", "labelZh": "x", "labelEn": "x", "dictionaryId": await dictionary(admin)}
    async with office.unchanged():
        refused = await admin.refusals("dictionaryItemUpdate", id=made["id"], version=1, input={"parentId": other["id"]})
        assert refused == [("INVALID", ["input", "parentId"])]
        refused = await admin.refusals("dictionaryItemCreate", input=right | {"parentId": other["id"]})
        assert refused == [("INVALID", ["input", "parentId"])]


@pytest.mark.parametrize("length", [1, 2, 4])
async def test_no_entry_stands_above_itself(office: Office, length):
    line = [await option(office.admin, "o0", within="region")]
    for n in range(1, length):
        line.append(await option(office.admin, f"o{n}", within="region", parentId=line[-1]["id"]))
    async with office.unchanged():
        given = {"parentId": line[-1]["id"]}
        refused = await office.admin.refusals("dictionaryItemUpdate", id=line[0]["id"], version=1, input=given)
    assert refused == [("INVALID", ["input", "parentId"])]


async def test_two_parents_given_at_once_make_no_circle(office: Office):
    for n in range(8):
        a, b = [await option(office.admin, f"{name}{n}", within="region") for name in "ab"]
        payloads = await asyncio.gather(
            office.admin.tried("dictionaryItemUpdate", ITEM, id=a["id"], version=1, input={"parentId": b["id"]}),
            office.admin.tried("dictionaryItemUpdate", ITEM, id=b["id"], version=1, input={"parentId": a["id"]}),
        )
        assert [payload["dictionaryItem"] for payload in payloads].count(None) == 1


USES = {
    "a customer": ("customerCreate", "customer { id }", lambda key: {"name": "华为", "levelId": key}, "customer_level"),
    "an address": (
        "supplierCreate",
        "supplier { id }",
        lambda key: {"name": "华为", "addresses": [{"street": "坂田", "regionId": key}]},
        "region",
    ),
}


@pytest.mark.parametrize(("verb", "selection", "given", "within"), USES.values(), ids=USES.keys())
async def test_an_option_that_a_record_uses_is_not_removed(office: Office, verb, selection, given, within):
    admin = office.admin
    used = await option(admin, "used", within=within)
    record = await admin.do(verb, selection, input=given(used["id"]))
    async with office.unchanged():
        assert await admin.refusals("dictionaryItemDelete", id=used["id"]) == [("INVALID", ["id"])]
    entity = verb.removesuffix("Create")
    await admin.do(f"{entity}Delete", selection, id=record["id"])
    async with office.unchanged():  # the record may come back
        assert await admin.refusals("dictionaryItemDelete", id=used["id"]) == [("INVALID", ["id"])]
    await admin.tried("recordPurge", id=record["id"])
    assert await admin.do("dictionaryItemDelete", ITEM, id=used["id"]) is None


async def test_an_entry_that_stands_above_others_is_not_removed(office: Office):
    above = await option(office.admin, "above", within="region")
    below = await option(office.admin, "below", within="region", parentId=above["id"])
    async with office.unchanged():
        assert await office.admin.refusals("dictionaryItemDelete", id=above["id"]) == [("INVALID", ["id"])]
    await change(office.admin, below["id"], 1, parentId=None)
    assert await office.admin.do("dictionaryItemDelete", ITEM, id=above["id"]) is None


async def test_an_option_is_not_removed_while_a_record_is_taking_it(office: Office):
    for n in range(8):
        key = (await option(office.admin, f"o{n}"))["id"]
        await asyncio.gather(
            office.admin.tried("customerCreate", "customer { id }", input={"name": "华为", "levelId": key}),
            office.admin.tried("dictionaryItemDelete", ITEM, id=key),
        )
    used = "SELECT count(*) FROM party p JOIN dictionary_item i ON i.id = p.level_id WHERE i.deleted_at IS NOT NULL"
    assert await office.value(used) == 0


async def test_a_retired_option_stays_where_it_is_and_is_not_chosen_again(office: Office):
    admin = office.admin
    made = await option(admin, "old")
    kept = await admin.do("customerCreate", "customer { id }", input={"name": "华为", "levelId": made["id"]})
    other = await admin.do("customerCreate", "customer { id }", input={"name": "中兴"})
    await change(admin, made["id"], 1, active=False)
    shown = await admin.ask("customer", "level { code active }", id=kept["id"])
    assert shown == {"level": {"code": "old", "active": False}}
    async with office.unchanged():
        given = {"levelId": made["id"]}
        refused = await admin.refusals("customerUpdate", id=other["id"], version=1, input=given)
        assert refused == [("INVALID", ["input", "levelId"])]
        assert await admin.refusals("customerCreate", input={"name": "x", **given}) == [("INVALID", ["input", "levelId"])]
    await change(admin, made["id"], 2, active=True)
    await admin.do("customerUpdate", "customer { id }", id=other["id"], version=1, input=given)


async def test_a_removed_option_is_not_found_by_records(office: Office):
    made = await option(office.admin, "old")
    await office.admin.do("dictionaryItemDelete", ITEM, id=made["id"])
    async with office.unchanged():
        refused = await office.admin.refusals("customerCreate", input={"name": "x", "levelId": made["id"]})
    assert refused == [("NOT_FOUND", ["input", "levelId"])]


async def test_everybody_reads_options_and_only_who_administers_them_writes(office: Office):
    clerk = await office.hire("clerk", {"dictionary.READ": "ALL", "customer.*": "ALL"})
    editor = await office.hire("editor", EDITOR)
    made = await option(editor, "vip")
    assert await clerk.ask("dictionaryItem", "code", id=made["id"]) == {"code": "vip"}
    calls = {
        "dictionaryItemCreate": {"input": {"code": "x", "labelZh": "x", "labelEn": "x", "dictionaryId": await dictionary(clerk)}},
        "dictionaryItemUpdate": {"id": made["id"], "version": 1, "input": {"labelEn": "x"}},
        "dictionaryItemDelete": {"id": made["id"]},
        "dictionaryItemRestore": {"id": made["id"]},
    }
    async with office.unchanged():
        for verb, given in calls.items():
            answer = await clerk.run(document("mutation", verb, "userErrors { code }", given), **given)
            assert answer.codes == ["FORBIDDEN"], verb
