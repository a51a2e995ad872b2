"""Deliveries: created with their lines, changed, deleted, restored; whose they may be."""

from __future__ import annotations

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
DELIVERY = """delivery { id version number status recipient phone address courier waybill shippedOn deliveredAt returnedAt
    returnReason freight freightPayer currency exchangeRate cancelledAt cancelReason note actions party { name } contact { name }
    contract { title } lines { position product description quantity unit } owner { username } }"""
FULL = {
    "recipient": "王五",
    "phone": "13800138000",
    "address": "深圳市龙岗区坂田",
    "courier": "顺丰",
    "waybill": "SF001",
    "freight": "12.5000",
    "freightPayer": "RECIPIENT",
    "currency": "USD",
    "exchangeRate": "7.1000000000",
    "note": "轻放",
}
LINES = [
    {"product": "交换机", "description": "24 口", "quantity": "2.5000", "unit": "台"},
    {"product": "网线", "description": None, "quantity": "100.0000", "unit": None},
]


async def people(office: Office, name: str = "华为") -> dict[str, str]:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": name})
    given = {"partyId": party["id"]}
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", **given})
    whole = {"title": "合同", "kind": "SALES", **given}
    contract = await office.admin.do("contractCreate", "contract { id }", input=whole)
    return {"partyId": party["id"], "contactId": contact["id"], "contractId": contract["id"]}


async def created(who: Api, **given: object) -> dict:
    return await who.do("deliveryCreate", DELIVERY, input=given)


async def test_a_draft_has_its_number_and_its_defaults(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"])
    year = await office.value("SELECT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::int")
    assert made == dict.fromkeys(made) | {
        "id": made["id"],
        "version": 1,
        "number": f"DL-{year}-000001",
        "status": "DRAFT",
        "currency": "CNY",
        "exchangeRate": "1.0000000000",
        "actions": ["SHIP", "CANCEL"],
        "party": {"name": "华为"},
        "lines": [],
        "owner": {"username": "admin"},
    }


async def test_a_delivery_is_created_changed_deleted_and_restored(office: Office):
    named = await people(office)
    made = await created(office.admin, **named, **FULL, lines=LINES)
    assert {key: made[key] for key in FULL} == FULL
    assert made["lines"] == [{"position": place, **line} for place, line in enumerate(LINES)]
    assert (made["contact"], made["contract"]) == ({"name": "王"}, {"title": "合同"})
    values = {"recipient": None, "freight": "0.0000", "freightPayer": None, "note": None}
    lines = [{"product": "路由器", "description": None, "quantity": "1.0000", "unit": "台"}]
    changed = await office.admin.do("deliveryUpdate", DELIVERY, id=made["id"], version=1, input=values | {"lines": lines})
    assert changed == made | values | {"version": 2, "lines": [{"position": 0, **lines[0]}]}
    log = await office.admin.ask("delivery", "changes(first: 1) { nodes { verb fields { field old new } } }", id=made["id"])
    (entry,) = log["changes"]["nodes"]
    told = {each["field"]: each["new"] for each in entry["fields"]}
    assert entry["verb"] == "delivery.update"
    assert told["lines"] == lines
    assert set(told) == {"recipient", "freight", "freightPayer", "note", "lines"}
    assert await office.admin.do("deliveryDelete", DELIVERY, id=made["id"]) is None
    found = await office.admin.ask("deletedRecords", "nodes { name }", entity="delivery")
    assert found["nodes"] == [{"name": made["number"]}]
    assert await office.admin.do("deliveryRestore", DELIVERY, id=made["id"]) == changed | {"version": 4}


async def test_lines_sent_back_as_they_were_change_nothing(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"], lines=LINES)
    short = [line | {"quantity": line["quantity"].rstrip("0").rstrip(".")} for line in LINES]
    async with office.unchanged():
        assert await office.admin.do("deliveryUpdate", DELIVERY, id=made["id"], version=1, input={"lines": short}) == made


LINE = {"product": "网线", "quantity": "1"}
BAD = {
    "contact unknown": ({"contactId": unknown(Kind.CONTACT)}, "NOT_FOUND", ["input", "contactId"]),
    "contract unknown": ({"contractId": unknown(Kind.CONTRACT)}, "NOT_FOUND", ["input", "contractId"]),
    "contract of another kind": ({"contractId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "contractId"]),
    "long recipient": ({"recipient": "x" * 101}, "INVALID", ["input", "recipient"]),
    "less than nothing": ({"freight": "-0.01"}, "INVALID", ["input", "freight"]),
    "no currency": ({"currency": "x"}, "INVALID", ["input", "currency"]),
    "no rate": ({"exchangeRate": "0"}, "INVALID", ["input", "exchangeRate"]),
    "a line of nothing": ({"lines": [LINE | {"product": " "}]}, "REQUIRED", ["input", "lines", "0", "product"]),
    "a line of none": ({"lines": [LINE, LINE | {"quantity": "0"}]}, "INVALID", ["input", "lines", "1", "quantity"]),
    "a line of less": ({"lines": [LINE | {"quantity": "-1"}]}, "INVALID", ["input", "lines", "0", "quantity"]),
    "a line too fine": ({"lines": [LINE | {"quantity": "1.00001"}]}, "INVALID", ["input", "lines", "0", "quantity"]),
    "too many lines": ({"lines": [LINE] * 51}, "INVALID", ["input", "lines"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_delivery_is_refused_and_nothing_is_written(office: Office, given, code, field):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"])
    async with office.unchanged():
        assert await office.admin.refusals("deliveryCreate", input={"partyId": named["partyId"]} | given) == [(code, field)]
        assert await office.admin.refusals("deliveryUpdate", id=made["id"], version=1, input=given) == [(code, field)]
        assert await office.admin.refusals("deliveryUpdate", id=made["id"], version=0, input={}) == [("CONFLICT", ["version"])]


async def test_contact_and_contract_must_belong_to_the_party(office: Office):
    named, other = await people(office), await people(office, "中兴")
    made = await created(office.admin, partyId=named["partyId"])
    async with office.unchanged():
        for field in ("contactId", "contractId"):
            given, refused = {field: other[field]}, [("INVALID", ["input", field])]
            assert await office.admin.refusals("deliveryCreate", input={"partyId": named["partyId"], **given}) == refused
            assert await office.admin.refusals("deliveryUpdate", id=made["id"], version=1, input=given) == refused


async def test_what_one_does_not_see_gets_no_delivery(office: Office):
    named = await people(office)
    agent = await office.hire("agent", {"delivery.*": "ALL", "customer.READ": "OWN"})
    blind = await office.hire("blind", {"delivery.*": "ALL", "customer.READ": "ALL"})
    async with office.unchanged():
        refused = await agent.refusals("deliveryCreate", input={"partyId": named["partyId"]})
        assert refused == [("NOT_FOUND", ["input", "partyId"])]
        given = {"partyId": named["partyId"], "contractId": named["contractId"]}
        assert await blind.refusals("deliveryCreate", input=given) == [("NOT_FOUND", ["input", "contractId"])]


async def test_fields_that_a_role_freezes_or_hides(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"], lines=[LINE], freight="5")
    grants = {"delivery.*": "ALL", "customer.READ": "ALL"}
    clerk = await office.hire("clerk", grants, frozen=["delivery.lines", "delivery.waybill"], hidden=["delivery.freight"])
    async with office.unchanged():
        for field, value in {"lines": [], "waybill": "w", "freight": "1"}.items():
            refused = await clerk.refusals("deliveryUpdate", id=made["id"], version=1, input={field: value})
            assert refused == [("FORBIDDEN", ["input", field])]
        refused = await clerk.refusals("deliveryShip", id=made["id"], input={"waybill": "w"})
        assert refused == [("FORBIDDEN", ["input", "waybill"])]
    answer = await clerk.asked("delivery", "number freight", id=made["id"])
    assert answer.data["delivery"] == {"number": made["number"], "freight": None}
    assert answer.codes == ["FORBIDDEN"]


async def test_it_is_seen_with_its_party_and_changed_only_within_the_scope(office: Office):
    named = await people(office)
    made = await created(office.admin, partyId=named["partyId"], lines=[LINE])
    grants = {"customer.READ": "ALL", "delivery.READ": "OWN", "delivery.UPDATE": "OWN", "delivery.DELETE": "OWN"}
    driver = await office.hire("driver", grants)
    nested = "nodes { deliveries { totalCount nodes { number lines { product } } } }"
    found = {"totalCount": 1, "nodes": [{"number": made["number"], "lines": [{"product": "网线"}]}]}
    assert (await driver.ask("customers", nested))["nodes"] == [{"deliveries": found}]
    async with office.unchanged():
        refused = [("FORBIDDEN", ["id"])]
        assert await driver.refusals("deliveryUpdate", id=made["id"], version=1, input={"note": "x"}) == refused
        for verb in ("Ship", "Deliver", "Delete"):
            assert await driver.refusals(f"delivery{verb}", id=made["id"]) == refused
        for verb in ("Return", "Cancel"):
            assert await driver.refusals(f"delivery{verb}", id=made["id"], reason="r") == refused
    clerk = await office.hire("clerk", {"customer.READ": "ALL"})
    assert (await clerk.asked("deliveries", "totalCount")).codes == ["FORBIDDEN"]


async def test_lists_are_filtered_and_ordered(office: Office):
    named = await people(office)
    for waybill, day in (("SF3", "2026-03-01"), ("SF1", "2026-01-01"), ("EMS", None)):
        made = await created(office.admin, partyId=named["partyId"], waybill=waybill, lines=[LINE])
        if day is not None:
            await office.admin.do("deliveryShip", DELIVERY, id=made["id"], input={"shippedOn": day})

    async def waybills(**arguments: object) -> list[str]:
        return [each["waybill"] for each in (await office.admin.ask("deliveries", "nodes { waybill }", **arguments))["nodes"]]

    assert await waybills() == ["EMS", "SF1", "SF3"]
    assert await waybills(orderBy=[{"field": "SHIPPED_ON"}]) == ["SF1", "SF3", "EMS"]
    assert await waybills(filter={"status": {"eq": "SHIPPED"}, "shippedOn": {"gt": "2026-02-01"}}) == ["SF3"]
    assert await waybills(filter={"waybill": {"startsWith": "EM"}, "party": {"name": {"eq": "华为"}}}) == ["EMS"]
