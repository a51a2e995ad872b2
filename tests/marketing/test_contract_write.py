"""Contracts: created, changed, deleted, restored; what they may say and whose they may be."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
CONTRACT = """contract { id version number title kind status amount currency exchangeRate signedOn startsOn endsOn theirSigner
    submittedAt approvedAt rejectReason cancelledAt cancelReason note actions party { name } contact { name }
    opportunity { title } ourSigner { username } approvedBy { username } owner { username } }"""
FULL = {
    "title": "采购合同",
    "kind": "PURCHASE",
    "amount": "100000.5000",
    "currency": "USD",
    "exchangeRate": "7.1234567890",
    "startsOn": "2026-01-01",
    "endsOn": "2026-12-31",
    "theirSigner": "李四",
    "note": "n",
}


async def people(office: Office, name: str = "华为") -> dict[str, str]:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": name})
    given = {"partyId": party["id"]}
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", **given})
    opportunity = await office.admin.do("opportunityCreate", "opportunity { id }", input={"title": "机会", **given})
    return {"partyId": party["id"], "contactId": contact["id"], "opportunityId": opportunity["id"]}


async def created(who: Api, **given: object) -> dict:
    return await who.do("contractCreate", CONTRACT, input={"title": "合同", "kind": "SALES", **given})


async def test_a_draft_has_its_number_and_its_defaults(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"])
    year = await office.value("SELECT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::int")
    assert made == dict.fromkeys(made) | {
        "id": made["id"],
        "version": 1,
        "number": f"CT-{year}-000001",
        "title": "合同",
        "kind": "SALES",
        "status": "DRAFT",
        "amount": "0.0000",
        "currency": "CNY",
        "exchangeRate": "1.0000000000",
        "actions": ["SUBMIT"],
        "party": {"name": "华为"},
        "owner": {"username": "admin"},
    }


async def test_a_contract_is_created_changed_deleted_and_restored(office: Office):
    named = await people(office)
    made = await created(office.admin, **named, **FULL, ourSignerId=office.admin.id)
    assert {key: made[key] for key in FULL} == FULL
    assert (made["contact"], made["opportunity"], made["ourSigner"]) == (
        {"name": "王"},
        {"title": "机会"},
        {"username": "admin"},
    )
    values = {
        "title": "服务合同",
        "kind": "SERVICE",
        "amount": "1.0000",
        "endsOn": None,
        "theirSigner": None,
        "opportunityId": None,
    }
    changed = await office.admin.do("contractUpdate", CONTRACT, id=made["id"], version=1, input=values)
    del values["opportunityId"]
    assert changed == made | values | {"version": 2, "opportunity": None}
    assert await office.admin.do("contractUpdate", CONTRACT, id=made["id"], version=2, input=values) == changed
    assert await office.admin.do("contractDelete", CONTRACT, id=made["id"]) is None
    found = await office.admin.ask("deletedRecords", "nodes { name }", entity="contract")
    assert found["nodes"] == [{"name": made["number"]}]
    assert await office.admin.do("contractRestore", CONTRACT, id=made["id"]) == changed | {"version": 4}


BAD = {
    "no title": ({"title": " "}, "REQUIRED", ["input", "title"]),
    "long title": ({"title": "x" * 201}, "INVALID", ["input", "title"]),
    "contact unknown": ({"contactId": unknown(Kind.CONTACT)}, "NOT_FOUND", ["input", "contactId"]),
    "opportunity unknown": ({"opportunityId": unknown(Kind.OPPORTUNITY)}, "NOT_FOUND", ["input", "opportunityId"]),
    "opportunity of another kind": ({"opportunityId": unknown(Kind.CONTRACT)}, "NOT_FOUND", ["input", "opportunityId"]),
    "signer unknown": ({"ourSignerId": unknown(Kind.USER)}, "NOT_FOUND", ["input", "ourSignerId"]),
    "less than nothing": ({"amount": "-0.01"}, "INVALID", ["input", "amount"]),
    "too many decimals": ({"amount": "1.00001"}, "INVALID", ["input", "amount"]),
    "too large": ({"amount": "1" + "0" * 16}, "INVALID", ["input", "amount"]),
    "no currency": ({"currency": "RMB元"}, "INVALID", ["input", "currency"]),
    "small letters": ({"currency": "cny"}, "INVALID", ["input", "currency"]),
    "no rate": ({"exchangeRate": "0"}, "INVALID", ["input", "exchangeRate"]),
    "less than no rate": ({"exchangeRate": "-7.1"}, "INVALID", ["input", "exchangeRate"]),
    "ends before it starts": ({"startsOn": "2026-02-01", "endsOn": "2026-01-31"}, "INVALID", ["input", "endsOn"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_contract_is_refused_and_nothing_is_written(office: Office, given, code, field):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"])
    async with office.unchanged():
        whole = {"title": "合同", "kind": "SALES", "partyId": named["partyId"]} | given
        assert await office.admin.refusals("contractCreate", input=whole) == [(code, field)]
        assert await office.admin.refusals("contractUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_several_faults_are_told_together(office: Office):
    named = await people(office)
    bad = {"title": "合同", "kind": "SALES", "partyId": named["partyId"], "amount": "-1", "currency": "x", "exchangeRate": "0"}
    async with office.unchanged():
        refused = await office.admin.refusals("contractCreate", input=bad)
    assert refused == [("INVALID", ["input", name]) for name in ("amount", "currency", "exchangeRate")]


async def test_one_new_day_is_held_against_the_other_that_is_there(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"], startsOn="2026-02-01", endsOn="2026-02-01")
    async with office.unchanged():
        for field, day in (("endsOn", "2026-01-31"), ("startsOn", "2026-02-02")):
            refused = await office.admin.refusals("contractUpdate", id=made["id"], version=1, input={field: day})
            assert refused == [("INVALID", ["input", field])]


async def test_contact_and_opportunity_must_belong_to_the_party(office: Office):
    named, other = await people(office), await people(office, "中兴")
    made = await created(office.admin, partyId=named["partyId"])
    async with office.unchanged():
        for field in ("contactId", "opportunityId"):
            refused = [("INVALID", ["input", field])]
            whole = {"title": "合同", "kind": "SALES", "partyId": named["partyId"], field: other[field]}
            assert await office.admin.refusals("contractCreate", input=whole) == refused
            given = {field: other[field]}
            assert await office.admin.refusals("contractUpdate", id=made["id"], version=1, input=given) == refused


async def test_contracts_and_the_party_of_their_opportunity_agree_under_any_order(office: Office):
    named, other = await people(office), await people(office, "中兴")
    moved, made = await asyncio.gather(
        office.admin.tried(
            "opportunityUpdate", "opportunity { id }", id=named["opportunityId"], version=1, input={"partyId": other["partyId"]}
        ),
        office.admin.tried(
            "contractCreate",
            "contract { id }",
            input={"title": "合同", "kind": "SALES", "partyId": named["partyId"], "opportunityId": named["opportunityId"]},
        ),
    )
    assert sorted([bool(moved["userErrors"]), bool(made["userErrors"])]) == [False, True]


async def test_a_party_that_one_does_not_see_gets_no_contract(office: Office):
    named = await people(office)
    agent = await office.hire("agent", {"contract.*": "ALL", "customer.READ": "OWN"})
    async with office.unchanged():
        whole = {"title": "合同", "kind": "SALES", "partyId": named["partyId"]}
        assert await agent.refusals("contractCreate", input=whole) == [("NOT_FOUND", ["input", "partyId"])]


async def test_fields_that_a_role_freezes_or_hides(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"], amount="1000")
    grants = {"contract.*": "ALL", "customer.READ": "ALL"}
    clerk = await office.hire("clerk", grants, frozen=["contract.endsOn", "contract.signedOn"], hidden=["contract.amount"])
    async with office.unchanged():
        for field, value in {"endsOn": "2026-01-01", "amount": "1"}.items():
            refused = await clerk.refusals("contractUpdate", id=made["id"], version=1, input={field: value})
            assert refused == [("FORBIDDEN", ["input", field])]
    answer = await clerk.asked("contract", "title amount changes { nodes { fields { field } } }", id=made["id"])
    assert (answer.data["contract"]["title"], answer.data["contract"]["amount"]) == ("合同", None)
    assert answer.codes == ["FORBIDDEN"]
    logged = {field["field"] for node in answer.data["contract"]["changes"]["nodes"] for field in node["fields"]}
    assert "title" in logged
    assert "amount" not in logged
    await office.rows("UPDATE contract SET status = 'APPROVED'")
    async with office.unchanged():
        assert await clerk.refusals("contractSign", id=made["id"]) == [("FORBIDDEN", ["signedOn"])]


async def test_it_is_read_from_its_party_and_its_opportunity(office: Office):
    named = await people(office)
    made = await created(office.admin, **named, amount="5")
    delivery = {"partyId": named["partyId"], "contractId": made["id"]}
    await office.admin.do("deliveryCreate", "delivery { id }", input=delivery)
    deliveries = "deliveries { totalCount nodes { number contract { number } } }"
    nested = f"contracts {{ nodes {{ number {deliveries} }} }} opportunities {{ nodes {{ contracts {{ nodes {{ number }} }} }} }}"
    found = await office.admin.ask("customer", nested, id=named["partyId"])
    (contract,) = found["contracts"]["nodes"]
    assert contract["number"] == made["number"]
    assert contract["deliveries"]["totalCount"] == 1
    assert contract["deliveries"]["nodes"][0]["contract"] == {"number": made["number"]}
    assert found["opportunities"]["nodes"] == [{"contracts": {"nodes": [{"number": made["number"]}]}}]


async def test_lists_are_filtered_and_ordered(office: Office):
    named = await people(office)
    for amount, ends in (("30", "2026-03-01"), ("10", "2026-01-01"), ("20", None)):
        await created(office.admin, partyId=named["partyId"], title=amount, amount=amount, endsOn=ends)

    async def titles(**arguments: object) -> list[str]:
        return [each["title"] for each in (await office.admin.ask("contracts", "nodes { title }", **arguments))["nodes"]]

    assert await titles() == ["20", "10", "30"]
    assert await titles(orderBy=[{"field": "AMOUNT", "direction": "DESC"}]) == ["30", "20", "10"]
    assert await titles(orderBy=[{"field": "ENDS_ON"}]) == ["10", "30", "20"]
    assert await titles(filter={"endsOn": {"lte": "2026-02-01"}, "status": {"in": ["DRAFT"]}, "kind": {"eq": "SALES"}}) == ["10"]
    assert await titles(filter={"number": {"contains": "-00000"}, "deliveries": {"some": {}}}) == []


async def test_without_the_permission_contracts_are_closed(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"])
    clerk = await office.hire("clerk", {"customer.READ": "ALL", "contract.READ": "OWN"})
    assert (await clerk.ask("contract", "title", id=made["id"])) == {"title": "合同"}
    async with office.unchanged():
        for verb in ("Submit", "Approve", "Withdraw", "Sign", "Activate", "Complete", "Expire", "Delete", "Restore"):
            document = f"mutation ($id: ID!) {{ contract{verb}(id: $id) {{ userErrors {{ code }} }} }}"
            assert (await clerk.run(document, id=made["id"])).codes == ["FORBIDDEN"]
        for verb in ("Reject", "Terminate"):
            document = f'mutation ($id: ID!) {{ contract{verb}(id: $id, reason: "r") {{ userErrors {{ code }} }} }}'
            assert (await clerk.run(document, id=made["id"])).codes == ["FORBIDDEN"]
    outsider = await office.hire("outsider", {"contract.READ": "OWN"})
    assert (await outsider.asked("contract", "title", id=made["id"])).codes == ["NOT_FOUND"]
