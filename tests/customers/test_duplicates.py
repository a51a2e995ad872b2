"""Duplicates: refused, told or let pass by the policy of the way in; what is told of records one may not see, and how much."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import SETTINGS, Hotline
from tests.customers.merging import contact, customer
from tests.factories.api import Api, Office, opened

from crm.rules.customers import disclosures

office = pytest.fixture(opened)
CODE = "91350100M000100Y43"
TOLD = "customer { id } duplicates { criteria restricted record { id } owner { username } }"
CHECK = "duplicates { criteria restricted record { id } owner { username } }"
OWN = {"customer.*": "OWN", "contact.*": "OWN"}
REFUSED = """mutation ($input: PartyCreateInput!) { customerCreate(input: $input) {
    customer { id } userErrors { code field record { id } owner { username } } } }"""


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


async def policy(office: Office, way: str, subject: str = "PARTY", **actions: str) -> None:
    """Set what is done about what comes in by one way."""
    asked = {"subject": {"eq": subject}, "entryPoint": {"eq": way}}
    found = (await office.admin.ask("duplicatePolicies", "nodes { id version }", filter=asked))["nodes"][0]
    await office.admin.do("duplicatePolicyUpdate", "duplicatePolicy { id }", **found, input=actions)


async def refused(who: Api, **given: Any) -> list[dict[str, Any]]:
    payload = (await who.run(REFUSED, input=given)).data["customerCreate"]
    assert payload["customer"] is None
    errors: list[dict[str, Any]] = payload["userErrors"]
    return errors


async def test_by_the_first_policies_a_credit_code_is_refused_and_the_rest_told(office: Office):
    admin = office.admin
    reach = {"phoneNumbers": [{"raw": "13800138000"}], "emailAddresses": [{"address": "Info@x.cn"}]}
    first = await customer(admin, "华为技术有限公司", creditCode=CODE, **reach)
    async with office.unchanged():
        error = {"code": "DUPLICATE", "field": ["input", "creditCode"], "record": {"id": first}, "owner": None}
        assert await refused(admin, name="别的", creditCode=CODE.lower()) == [error]
    again = {"phoneNumbers": [{"raw": "+86 138 0013 8000"}], "emailAddresses": [{"address": "info@X.CN"}]}
    made = await admin.do("customerCreate", TOLD, input={"name": "华为技术", **again})
    told = {"criteria": ["EMAIL", "NAME", "PHONE"], "restricted": False, "record": {"id": first}, "owner": {"username": "admin"}}
    assert made["duplicates"] == [told]
    assert (await admin.do("customerCreate", TOLD, input={"name": "中兴"}))["duplicates"] == []
    # A supplier of that name, number and code is none of a customer.
    assert (
        await admin.do("supplierCreate", "duplicates { criteria }", input={"name": "华为", "creditCode": CODE, **again})
    ) == []


async def test_a_change_is_judged_by_what_is_new_in_it(office: Office):
    admin = office.admin
    await customer(admin, "一", creditCode=CODE, phoneNumbers=[{"raw": "13800138000"}])
    other = await customer(admin, "二", phoneNumbers=[{"raw": "13800138000"}])
    update = "customer { version } duplicates { criteria }"
    same = {"name": "二", "phoneNumbers": [{"raw": "13800138001"}, {"raw": "13800138000"}]}
    assert (await admin.do("customerUpdate", update, id=other, version=1, input=same))["duplicates"] == []
    renamed = await admin.do("customerUpdate", update, id=other, version=2, input={"name": "一"})
    assert renamed["duplicates"] == [{"criteria": ["NAME"]}]
    async with office.unchanged():
        assert await admin.refusals("customerUpdate", id=other, version=3, input={"creditCode": CODE}) == [
            ("DUPLICATE", ["input", "creditCode"])
        ]


async def test_a_policy_decides_for_its_way_in(office: Office):
    admin = office.admin
    first = await customer(admin, "华为", phoneNumbers=[{"raw": "13800138000"}])
    await policy(office, "FORM", name="BLOCK", phone="BLOCK", creditCode="ALLOW", email="ALLOW")
    async with office.unchanged():
        found = await refused(admin, name="华为", phoneNumbers=[{"raw": "110"}, {"raw": "13800138000"}])
        assert [(each["code"], each["field"]) for each in found] == [
            ("DUPLICATE", ["input", "name"]), ("DUPLICATE", ["input", "phoneNumbers", "1", "raw"]),
        ]  # fmt: skip
    await admin.do("customerDelete", "customer { id }", id=first)
    second = await customer(admin, "华为")
    async with office.unchanged():
        assert await admin.refusals("customerRestore", id=first) == [("DUPLICATE", ["id"])]
    await policy(office, "FORM", name="ALLOW")
    assert (await admin.do("customerCreate", TOLD, input={"name": "华为"}))["duplicates"] == []
    twins = await admin.ask("duplicatesOf", "criteria record { id }", recordId=second)
    assert [each["criteria"] for each in twins] == [["NAME"]]
    clerk = await office.hire("clerk", OWN)
    rows = (await clerk.ask("duplicatePolicies", "totalCount nodes { id version subject entryPoint creditCode }"))["nodes"]
    assert len(rows) == 8
    people = next(each for each in rows if each["subject"] == "CONTACT")
    async with office.unchanged():
        key = {"id": people["id"], "version": people["version"]}
        assert await admin.refusals("duplicatePolicyUpdate", **key, input={"creditCode": "WARN"}) == [
            ("INVALID", ["input", "creditCode"])
        ]
        assert await admin.refusals("duplicatePolicyUpdate", id=key["id"], version=9, input={}) == [("CONFLICT", ["version"])]
        text = "mutation ($id: ID!) { duplicatePolicyUpdate(id: $id, version: 1, input: {}) { userErrors { code } } }"
        assert (await clerk.run(text, id=key["id"])).codes == ["FORBIDDEN"]


async def test_people_are_the_same_by_name_at_one_party_and_by_number_anywhere(office: Office):
    admin = office.admin
    here, there = await customer(admin, "一"), await customer(admin, "二")
    first = await contact(admin, "王芳", here, phoneNumbers=[{"raw": "13800138000"}])
    told = "contact { id } duplicates { criteria record { id } }"
    made = await admin.do("contactCreate", told, input={"name": "王芳", "partyId": there})
    assert made["duplicates"] == []
    made = await admin.do("contactCreate", told, input={"name": "王芳", "partyId": here})
    assert made["duplicates"] == [{"criteria": ["NAME"], "record": {"id": first}}]
    number = {"phoneNumbers": [{"raw": "13800138000"}]}
    made = await admin.do("contactCreate", told, input={"name": "李", "partyId": there, **number})
    assert made["duplicates"] == [{"criteria": ["PHONE"], "record": {"id": first}}]
    await policy(office, "FORM", "CONTACT", phone="BLOCK")
    async with office.unchanged():
        assert await admin.refusals("contactCreate", input={"name": "赵", "partyId": there, **number}) == [
            ("DUPLICATE", ["input", "phoneNumbers", "0", "raw"])
        ]


async def test_of_two_at_once_one_has_the_credit_code(office: Office):
    calls = [
        office.admin.tried("customerCreate", "customer { id }", input={"name": f"客户{n}", "creditCode": CODE}) for n in range(5)
    ]
    payloads = await asyncio.gather(*calls)
    assert sorted(error["code"] for each in payloads for error in each["userErrors"]) == ["DUPLICATE"] * 4
    assert await office.value("SELECT count(*) FROM party") == 1


async def test_of_what_one_may_not_see_only_whose_it_is_is_told_and_that_is_kept(office: Office, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 2)
    owner, seller = await office.hire("owner", OWN), await office.hire("seller", OWN)
    first = await customer(owner, "华为", creditCode=CODE)
    for number in range(2):
        await customer(owner, f"客户{number}")
    hidden = {"criteria": ["NAME"], "restricted": True, "record": None, "owner": {"username": "owner"}}
    assert await seller.do("duplicateCheck", CHECK, input={"entity": "CUSTOMER", "name": "华为公司"}) == [hidden]
    assert (await seller.do("customerCreate", TOLD, input={"name": "华为"}))["duplicates"] == [hidden]
    rows = await office.value("SELECT count(*) FROM party")
    error = {"code": "DUPLICATE", "field": ["input", "creditCode"], "record": None, "owner": {"username": "owner"}}
    assert await refused(seller, name="不同", creditCode=CODE) == [error]
    log = "nodes { withheld user { username } owner { username } record { id } }"
    entry = {"withheld": False, "user": {"username": "seller"}, "owner": {"username": "owner"}, "record": {"id": first}}
    assert (await office.admin.ask("duplicateDisclosures", log))["nodes"] == [entry]
    assert (await seller.asked("duplicateDisclosures", log)).codes == ["FORBIDDEN"]
    # The second is told of, the third is too many; what is known already goes on being told.
    asked = {"entity": "CUSTOMER", "name": "客户0"}
    assert len(await seller.do("duplicateCheck", CHECK, input=asked)) == 1
    assert await seller.do("duplicateCheck", CHECK, input=asked | {"name": "客户1"}) == []
    assert (await seller.do("customerCreate", TOLD, input={"name": "客户1"}))["duplicates"] == []
    again = await seller.do("duplicateCheck", CHECK, input=asked | {"name": "华为"})
    assert [each["restricted"] for each in again] == [True, False]
    assert await office.value("SELECT count(*) FROM duplicate_disclosure WHERE withheld") == 1
    assert await office.value("SELECT count(*) FROM duplicate_disclosure WHERE NOT withheld") == 2
    assert await office.value("SELECT count(*) FROM party") == rows + 1


async def test_a_refusal_beyond_the_limit_tells_no_owner(office: Office, monkeypatch):
    monkeypatch.setattr(disclosures, "PER_HOUR", 0)
    owner, seller = await office.hire("owner", OWN), await office.hire("seller", OWN)
    await customer(owner, "华为", creditCode=CODE)
    error = {"code": "DUPLICATE", "field": ["input", "creditCode"], "record": None, "owner": None}
    assert await refused(seller, name="不同", creditCode=CODE) == [error]
    assert await office.value("SELECT count(*) FROM duplicate_disclosure WHERE withheld") == 1


async def test_who_may_look_and_for_what(office: Office):
    admin = office.admin
    await customer(admin, "华为", phoneNumbers=[{"raw": "13800138000"}], emailAddresses=[{"address": "a@x.cn"}])
    reader = await office.hire("reader", {"customer.READ": "ALL"})
    blind = await office.hire("blind", {"customer.*": "ALL"}, hidden=["customer.phoneNumbers"])
    party = (await admin.ask("customers", "nodes { id }"))["nodes"][0]["id"]
    stranger = await office.hire("stranger", OWN)
    asked = {"entity": "CUSTOMER", "phoneNumbers": ["138-0013-8000"], "emailAddresses": ["A@x.cn"], "creditCode": CODE}
    assert [each["criteria"] for each in await admin.do("duplicateCheck", CHECK, input=asked)] == [["EMAIL", "PHONE"]]
    async with office.unchanged():
        assert await reader.refusals("duplicateCheck", input={"entity": "CUSTOMER", "name": "华为"}) == [("FORBIDDEN", None)]
        assert await blind.refusals("duplicateCheck", input=asked) == [("FORBIDDEN", ["input", "phoneNumbers"])]
        for bad, code, field in (
            ({"entity": "CONTACT", "name": "王"}, "REQUIRED", ["partyId"]),
            ({"entity": "CUSTOMER", "phoneNumbers": ["abc"]}, "INVALID", ["phoneNumbers", "0"]),
            ({"entity": "CUSTOMER", "name": "x\0"}, "INVALID", ["name"]),
            ({"entity": "CUSTOMER", "emailAddresses": ["a"] * 51}, "INVALID", ["emailAddresses"]),
        ):
            assert await admin.refusals("duplicateCheck", input=bad) == [(code, ["input", *field])]
        assert (await stranger.asked("duplicatesOf", "criteria", recordId=party)).codes == ["NOT_FOUND"]
        assert (await admin.asked("duplicatesOf", "criteria", recordId="x")).codes == ["NOT_FOUND"]
    other = await customer(admin, "二", phoneNumbers=[{"raw": "13800138000"}])
    assert await admin.ask("duplicatesOf", "criteria record { id }", recordId=other) == [
        {"criteria": ["PHONE"], "record": {"id": party}}
    ]
    assert await blind.ask("duplicatesOf", "criteria", recordId=other) == []


async def test_a_caller_made_a_customer_comes_in_by_telephone(office: Office):
    hotline = await Hotline(office).staffed()
    other = await customer(office.admin, "别人", phoneNumbers=[{"raw": "13800000000"}])
    await policy(office, "TELEPHONY", name="ALLOW", phone="BLOCK", creditCode="ALLOW", email="ALLOW")
    # Else the call would know who it is.
    await office.admin.do("customerDelete", "customer { id }", id=other)
    await hotline.pbx.tell("ringing", "c1")
    await office.admin.do("customerRestore", "customer { id }", id=other)
    key = await hotline.call_id("c1")
    tables = await office.checksums()
    assert await hotline.agents[0].refusals("callCustomerCreate", id=key, input={"name": "华为"}) == [("DUPLICATE", ["id"])]
    after = await office.checksums()
    assert {name for name in tables if tables[name] != after[name]} == {"duplicate_disclosure"}
    await policy(office, "TELEPHONY", phone="WARN")
    made = await hotline.agents[0].do(
        "callCustomerCreate", "customer { id } duplicates { criteria restricted }", id=key, input={"name": "华为"}
    )
    assert made["duplicates"] == [{"criteria": ["PHONE"], "restricted": True}]
