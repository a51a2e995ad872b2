"""Contacts: people at parties, created, changed, deleted, restored."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
CONTACT = """contact { id version name title departmentName primary birthdayOn note party { name } owner { username }
    phoneNumbers { e164 } emailAddresses { address } addresses { street } }"""


async def party(office: Office) -> str:
    return str((await office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"}))["id"])


async def test_a_contact_is_created_changed_deleted_and_restored(office: Office):
    given = {
        "name": "单田芳",
        "partyId": await party(office),
        "title": "经理",
        "departmentName": "采购",
        "primary": True,
        "birthdayOn": "1990-02-28",
        "note": "n",
        "phoneNumbers": [{"raw": "13800138000"}],
        "emailAddresses": [{"address": "a@b.cn"}],
        "addresses": [{"street": "路1号"}],
    }
    made = await office.admin.do("contactCreate", CONTACT, input=given)
    kept = {key: given[key] for key in ("name", "title", "departmentName", "primary", "birthdayOn", "note")}
    assert made == {
        "id": made["id"],
        "version": 1,
        **kept,
        "party": {"name": "渠道"},
        "owner": {"username": "admin"},
        "phoneNumbers": [{"e164": "+8613800138000"}],
        "emailAddresses": [{"address": "a@b.cn"}],
        "addresses": [{"street": "路1号"}],
    }
    changed = await office.admin.do("contactUpdate", CONTACT, id=made["id"], version=1, input={"title": None, "addresses": []})
    assert changed == made | {"version": 2, "title": None, "addresses": []}
    assert await office.admin.do("contactDelete", CONTACT, id=made["id"]) is None
    assert (await office.admin.ask("contacts", "totalCount"))["totalCount"] == 0
    assert await office.admin.do("contactRestore", CONTACT, id=made["id"]) == changed | {"version": 4}


@pytest.mark.parametrize("text", ["单", "shan", "shantianfang", "SHAN tian"])
async def test_a_surname_is_found_by_its_own_reading(office: Office, text):
    await office.admin.do("contactCreate", CONTACT, input={"name": "单田芳", "partyId": await party(office)})
    assert (await office.admin.ask("contacts", "nodes { name }", search=text))["nodes"] == [{"name": "单田芳"}]


BAD = {
    "no name": ({"name": ""}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "x" * 101}, "INVALID", ["input", "name"]),
    "nul": ({"title": "\x00"}, "INVALID", ["input", "title"]),
    "party malformed": ({"partyId": "x"}, "NOT_FOUND", ["input", "partyId"]),
    "party unknown": ({"partyId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "partyId"]),
    "party of another kind": ({"partyId": unknown(Kind.CONTACT)}, "NOT_FOUND", ["input", "partyId"]),
    "no phone": ({"phoneNumbers": [{"raw": "x"}]}, "INVALID", ["input", "phoneNumbers", "0", "raw"]),
    "long extension": (
        {"phoneNumbers": [{"raw": "057187654321 ext 123456789012345678"}]},
        "INVALID",
        ["input", "phoneNumbers", "0", "raw"],
    ),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_contact_is_refused_and_nothing_is_written(office: Office, given, code, field):
    whole = {"name": "王", "partyId": await party(office)} | given
    async with office.unchanged():
        assert await office.admin.refusals("contactCreate", input=whole) == [(code, field)]


async def test_a_party_that_one_does_not_see_gets_no_contact(office: Office):
    agent = await office.hire("agent", {"contact.*": "ALL", "channel.READ": "OWN"})
    key = await party(office)
    async with office.unchanged():
        assert await agent.refusals("contactCreate", input={"name": "王", "partyId": key}) == [
            ("NOT_FOUND", ["input", "partyId"])
        ]


async def test_of_two_updates_of_one_version_one_is_a_conflict(office: Office):
    made = await office.admin.do("contactCreate", CONTACT, input={"name": "王", "partyId": await party(office)})
    payloads = await asyncio.gather(
        *(office.admin.tried("contactUpdate", CONTACT, id=made["id"], version=1, input={"name": f"王{n}"}) for n in range(2))
    )
    assert sorted(payload["contact"] is None for payload in payloads) == [False, True]
