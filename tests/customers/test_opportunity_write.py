"""Opportunities: created, changed, deleted, restored; whose they may be, and what their amount weighs."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
OPPORTUNITY = """opportunity { id version title status amount currency probability weightedAmount expectedCloseOn closedAt note
    lostReason { code } lostNote actions party { name } contact { name } pipeline { name } stage { name } owner { username } }"""
FULL = {
    "title": "5G 基站",
    "amount": "100000.5",
    "currency": "USD",
    "probability": 35,
    "expectedCloseOn": "2026-12-31",
    "note": "n",
}


async def people(office: Office, name: str = "华为") -> tuple[str, str]:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": name})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party["id"]})
    return party["id"], contact["id"]


async def created(who: Api, party: str, **given: object) -> dict:
    return await who.do("opportunityCreate", OPPORTUNITY, input={"title": "机会", "partyId": party, **given})


async def stage(office: Office, name: str) -> str:
    nodes = (await office.admin.ask("pipelines", "nodes { stages { id name } }"))["nodes"]
    return next(each["id"] for node in nodes for each in node["stages"] if each["name"].startswith(name))


async def test_it_starts_in_the_first_stage_of_the_default_pipeline(office: Office):
    party, contact = await people(office)
    made = await created(office.admin, party, contactId=contact, amount="1000")
    assert made == {
        "id": made["id"],
        "version": 1,
        "title": "机会",
        "status": "OPEN",
        "amount": "1000.0000",
        "currency": "CNY",
        "probability": 10,
        "weightedAmount": "100.0000",
        "expectedCloseOn": None,
        "closedAt": None,
        "note": None,
        "lostReason": None,
        "lostNote": None,
        "actions": ["MOVE", "WIN", "LOSE", "HOLD"],
        "party": {"name": "华为"},
        "contact": {"name": "王"},
        "pipeline": {"name": "销售 Sales"},
        "stage": {"name": "线索 Lead"},
        "owner": {"username": "admin"},
    }
    history = await office.admin.ask("opportunity", "createdAt stageHistory { nodes { enteredAt leftAt amount } }", id=made["id"])
    assert [(each["leftAt"], each["amount"]) for each in history["stageHistory"]["nodes"]] == [(None, "1000.0000")]


async def test_everything_that_was_given_is_there_and_can_be_changed(office: Office):
    party, _ = await people(office)
    made = await created(office.admin, party, **FULL, stageId=await stage(office, "方案"))
    assert {key: made[key] for key in FULL} == FULL | {"amount": "100000.5000"}
    assert (made["stage"], made["weightedAmount"]) == ({"name": "方案 Proposal"}, "35000.1800")
    values = {"title": "6G", "amount": "0.05", "probability": 10, "expectedCloseOn": None, "note": None}
    changed = await office.admin.do("opportunityUpdate", OPPORTUNITY, id=made["id"], version=1, input=values)
    assert changed == made | values | {"version": 2, "amount": "0.0500", "weightedAmount": "0.0100"}
    assert await office.admin.do("opportunityUpdate", OPPORTUNITY, id=made["id"], version=2, input=values) == changed
    assert await office.admin.do("opportunityDelete", OPPORTUNITY, id=made["id"]) is None
    assert (await office.admin.ask("opportunities", "totalCount"))["totalCount"] == 0
    assert (await office.admin.ask("deletedRecords", "nodes { name }", entity="opportunity"))["nodes"] == [{"name": "6G"}]
    assert await office.admin.do("opportunityRestore", OPPORTUNITY, id=made["id"]) == changed | {"version": 4}


async def test_a_currency_without_cents_weighs_whole_units(office: Office):
    party, _ = await people(office)
    made = await created(office.admin, party, amount="999", currency="JPY", probability=50)
    assert made["weightedAmount"] == "500.0000"
    changed = await office.admin.do("opportunityUpdate", OPPORTUNITY, id=made["id"], version=1, input={"currency": "EUR"})
    assert changed["weightedAmount"] == "499.5000"


async def test_the_change_log_tells_every_field(office: Office):
    party, _ = await people(office)
    made = await created(office.admin, party, amount="10")
    await office.admin.do("opportunityUpdate", OPPORTUNITY, id=made["id"], version=1, input={"amount": "20", "note": "n"})
    log = await office.admin.ask(
        "opportunity", "changes(orderBy: [{field: AT}]) { nodes { verb fields { field old new } } }", id=made["id"]
    )
    first, second = log["changes"]["nodes"]
    assert (first["verb"], second["verb"]) == ("opportunity.create", "opportunity.update")
    assert {each["field"] for each in first["fields"]} >= {"title", "party", "pipeline", "stage", "amount", "weightedAmount"}
    told = {each["field"]: (each["old"], each["new"]) for each in second["fields"]}
    assert told == {"amount": ("10.0000", "20"), "weightedAmount": ("1.0000", "2.00"), "note": (None, "n")}
    trail = (await office.admin.ask("customer", "trail { nodes { verb } }", id=party))["trail"]["nodes"]
    assert {"verb": "opportunity.update"} in trail


BAD = {
    "no title": ({"title": " "}, "REQUIRED", ["input", "title"]),
    "long title": ({"title": "x" * 201}, "INVALID", ["input", "title"]),
    "party unknown": ({"partyId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "partyId"]),
    "party of another kind": ({"partyId": unknown(Kind.CONTACT)}, "NOT_FOUND", ["input", "partyId"]),
    "contact unknown": ({"contactId": unknown(Kind.CONTACT)}, "NOT_FOUND", ["input", "contactId"]),
    "less than nothing": ({"amount": "-0.01"}, "INVALID", ["input", "amount"]),
    "too many decimals": ({"amount": "1.00001"}, "INVALID", ["input", "amount"]),
    "too much to weigh": ({"amount": "9999999999999999.9999", "probability": 100}, "INVALID", ["input", "amount"]),
    "no currency": ({"currency": "元"}, "INVALID", ["input", "currency"]),
    "small letters": ({"currency": "cny"}, "INVALID", ["input", "currency"]),
    "beyond certain": ({"probability": 101}, "INVALID", ["input", "probability"]),
    "below impossible": ({"probability": -1}, "INVALID", ["input", "probability"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_opportunity_is_refused_and_nothing_is_written(office: Office, given, code, field):
    party, _ = await people(office)
    made = await created(office.admin, party)
    async with office.unchanged():
        whole = {"title": "机会", "partyId": party} | given
        assert await office.admin.refusals("opportunityCreate", input=whole) == [(code, field)]
        assert await office.admin.refusals("opportunityUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_a_stage_must_be_of_the_pipeline_and_still_be_offered(office: Office):
    party, _ = await people(office)
    stages = [{"name": "a", "probability": 1}]
    other = await office.admin.do("pipelineCreate", "pipeline { id stages { id } }", input={"name": "另一个", "stages": stages})
    made = await created(office.admin, party, pipelineId=other["id"])
    assert (made["pipeline"], made["stage"], made["probability"]) == ({"name": "另一个"}, {"name": "a"}, 1)
    base = {"title": "机会", "partyId": party}
    async with office.unchanged():
        mixed = base | {"pipelineId": other["id"], "stageId": await stage(office, "线索")}
        assert await office.admin.refusals("opportunityCreate", input=mixed) == [("INVALID", ["input", "stageId"])]
        odd = base | {"stageId": unknown(Kind.STAGE)}
        assert await office.admin.refusals("opportunityCreate", input=odd) == [("NOT_FOUND", ["input", "stageId"])]
    await office.admin.do("pipelineUpdate", "pipeline { id }", id=other["id"], version=1, input={"active": False})
    async with office.unchanged():
        closed = base | {"pipelineId": other["id"]}
        assert await office.admin.refusals("opportunityCreate", input=closed) == [("INVALID", ["input", "pipelineId"])]


async def test_without_a_pipeline_there_is_no_opportunity(office: Office):
    party, _ = await people(office)
    only = (await office.admin.ask("pipelines", "nodes { id }"))["nodes"][0]
    await office.admin.do("pipelineUpdate", "pipeline { id }", id=only["id"], version=1, input={"active": False})
    async with office.unchanged():
        refused = await office.admin.refusals("opportunityCreate", input={"title": "机会", "partyId": party})
        assert refused == [("INVALID", ["input", "pipelineId"])]


async def test_a_contact_must_belong_to_the_party(office: Office):
    party, contact = await people(office)
    other, foreign = await people(office, "中兴")
    made = await created(office.admin, party, contactId=contact)
    async with office.unchanged():
        given = {"title": "机会", "partyId": party, "contactId": foreign}
        refused = [("INVALID", ["input", "contactId"])]
        assert await office.admin.refusals("opportunityCreate", input=given) == refused
        for values in ({"contactId": foreign}, {"partyId": other}):
            assert await office.admin.refusals("opportunityUpdate", id=made["id"], version=1, input=values) == refused
    moved = await office.admin.do(
        "opportunityUpdate", OPPORTUNITY, id=made["id"], version=1, input={"partyId": other, "contactId": foreign}
    )
    assert moved["party"] == {"name": "中兴"}


async def test_it_stays_with_its_party_once_a_contract_refers_to_it(office: Office):
    party, _ = await people(office)
    other, _ = await people(office, "中兴")
    made = await created(office.admin, party)
    given = {"title": "合同", "kind": "SALES", "partyId": party, "opportunityId": made["id"]}
    await office.admin.do("contractCreate", "contract { id }", input=given)
    async with office.unchanged():
        refused = await office.admin.refusals("opportunityUpdate", id=made["id"], version=1, input={"partyId": other})
        assert refused == [("INVALID", ["input", "partyId"])]


async def test_a_party_that_one_does_not_see_gets_no_opportunity(office: Office):
    party, _ = await people(office)
    agent = await office.hire("agent", {"opportunity.*": "ALL", "customer.*": "OWN"})
    own = await agent.do("customerCreate", "customer { id }", input={"name": "自己的"})
    made = await created(agent, own["id"])
    async with office.unchanged():
        refused = [("NOT_FOUND", ["input", "partyId"])]
        assert await agent.refusals("opportunityCreate", input={"title": "机会", "partyId": party}) == refused
        assert await agent.refusals("opportunityUpdate", id=made["id"], version=1, input={"partyId": party}) == refused


async def test_fields_that_a_role_freezes_or_hides(office: Office):
    party, _ = await people(office)
    made = await created(office.admin, party, amount="1000")
    grants = {"opportunity.*": "ALL", "customer.READ": "ALL"}
    clerk = await office.hire("clerk", grants, frozen=["opportunity.probability", "opportunity.stage"])
    seller = await office.hire("seller", grants, hidden=["opportunity.amount"])
    async with office.unchanged():
        refused = await clerk.refusals("opportunityUpdate", id=made["id"], version=1, input={"probability": 99})
        assert refused == [("FORBIDDEN", ["input", "probability"])]
        refused = await clerk.refusals("opportunityMove", id=made["id"], stageId=await stage(office, "方案"))
        assert refused == [("FORBIDDEN", ["stageId"])]
        refused = await seller.refusals("opportunityUpdate", id=made["id"], version=1, input={"amount": "1"})
        assert refused == [("FORBIDDEN", ["input", "amount"])]
    answer = await seller.asked(
        "opportunity", "title amount weightedAmount stageHistory { nodes { amount } } changes { nodes { fields { field } } }",
        id=made["id"],
    )  # fmt: skip
    found = answer.data["opportunity"]
    assert (found["title"], found["amount"], found["weightedAmount"]) == ("机会", None, None)
    assert found["stageHistory"]["nodes"] == [{"amount": None}]
    assert answer.codes == ["FORBIDDEN"] * 3
    logged = {field["field"] for node in found["changes"]["nodes"] for field in node["fields"]}
    assert "title" in logged
    assert not {"amount", "weightedAmount"} & logged
    for arguments in ({"filter": {"amount": {"gt": "1"}}}, {"orderBy": [{"field": "AMOUNT"}]}):
        assert (await seller.asked("opportunities", "totalCount", **arguments)).codes == ["FORBIDDEN"]


async def test_it_is_seen_with_its_party_and_changed_only_within_the_scope(office: Office):
    party, contact = await people(office)
    made = await created(office.admin, party, contactId=contact)
    seller = await office.hire("seller", {"customer.READ": "ALL", "contact.READ": "ALL", "opportunity.*": "OWN"})
    nested = "nodes { opportunities { totalCount nodes { title contact { opportunities { nodes { title } } } } } }"
    found = (await seller.ask("customers", nested))["nodes"]
    inner = {"title": "机会", "contact": {"opportunities": {"nodes": [{"title": "机会"}]}}}
    assert found == [{"opportunities": {"totalCount": 1, "nodes": [inner]}}]
    async with office.unchanged():
        refused = [("FORBIDDEN", ["id"])]
        assert await seller.refusals("opportunityUpdate", id=made["id"], version=1, input={"title": "x"}) == refused
        for verb in ("Win", "Hold", "Delete"):
            assert await seller.refusals(f"opportunity{verb}", id=made["id"]) == refused
    clerk = await office.hire("clerk", {"customer.READ": "ALL"})
    answer = await clerk.asked("customers", nested)
    assert answer.data["customers"]["nodes"] == [{"opportunities": None}]
    assert [error["extensions"]["permission"] for error in answer.errors] == ["opportunity.read"]
    assert (await clerk.asked("opportunities", "totalCount")).codes == ["FORBIDDEN"]


async def test_of_two_updates_of_one_version_one_is_a_conflict(office: Office):
    party, _ = await people(office)
    made = await created(office.admin, party)
    payloads = await asyncio.gather(
        *(
            office.admin.tried("opportunityUpdate", OPPORTUNITY, id=made["id"], version=1, input={"title": f"{n}"})
            for n in range(2)
        )
    )
    assert sorted(payload["opportunity"] is None for payload in payloads) == [False, True]


async def test_the_same_key_makes_one_opportunity(office: Office):
    party, _ = await people(office)
    given = {"input": {"title": "机会", "partyId": party}, "idempotencyKey": "k"}
    payloads = await asyncio.gather(*(office.admin.do("opportunityCreate", OPPORTUNITY, **given) for _ in range(3)))
    assert len({payload["id"] for payload in payloads}) == 1
    assert await office.value("SELECT count(*) FROM opportunity") == 1
    assert await office.value("SELECT count(*) FROM stage_change") == 1


async def test_lists_are_filtered_and_ordered(office: Office):
    party, _ = await people(office)
    for amount, close in (("30", "2026-03-01"), ("10", "2026-01-01"), ("20", None)):
        await created(office.admin, party, title=amount, amount=amount, expectedCloseOn=close)
    first = await stage(office, "线索")

    async def titles(**arguments: object) -> list[str]:
        return [each["title"] for each in (await office.admin.ask("opportunities", "nodes { title }", **arguments))["nodes"]]

    assert await titles(orderBy=[{"field": "AMOUNT"}]) == ["10", "20", "30"]
    assert await titles(orderBy=[{"field": "EXPECTED_CLOSE_ON"}]) == ["10", "30", "20"]
    assert await titles(filter={"amount": {"gte": "20"}, "status": {"eq": "OPEN"}, "stageId": {"eq": first}}) == ["20", "30"]
    assert await titles(filter={"stage": {"name": {"startsWith": "方案"}}}) == []
    assert await titles(filter={"party": {"name": {"eq": "华为"}}}, orderBy=[{"field": "CREATED_AT"}]) == ["30", "10", "20"]
    found = await office.admin.ask(
        "customers", "totalCount", filter={"opportunities": {"some": {"amount": {"gt": "25"}}}, "contracts": {"none": {}}}
    )
    assert found["totalCount"] == 1


async def test_more_rows_take_no_more_statements(office: Office):
    nested = """nodes { opportunities { nodes { title actions stage { name } pipeline { stages { name } } lostReason { code }
        stageHistory { nodes { stage { name } durationSeconds changedBy { username } } } contact { name }
        contracts { nodes { number deliveries { totalCount nodes { number lines { product } } } } } } } }"""
    counts = []
    for rows in (1, 4):
        for _ in range(rows):
            party, contact = await people(office)
            given = {"partyId": party}
            for _ in range(rows):
                made = await created(office.admin, party, contactId=contact)
                whole = {"title": "合同", "kind": "SALES", "opportunityId": made["id"], **given}
                contract = await office.admin.do("contractCreate", "contract { id }", input=whole)
                sent = {"contractId": contract["id"], "lines": [{"product": "网线", "quantity": "1"}], **given}
                await office.admin.do("deliveryCreate", "delivery { id }", input=sent)
        async with office.counted() as count:
            await office.admin.ask("customers", nested)
        counts.append(len(count.queries))
    assert counts[0] == counts[1]


async def test_one_that_is_purged_takes_its_history_along(office: Office):
    party, _ = await people(office)
    made, other = await created(office.admin, party), await created(office.admin, party)
    whole = {"title": "合同", "kind": "SALES", "partyId": party, "opportunityId": other["id"]}
    await office.admin.do("contractCreate", "contract { id }", input=whole)
    for each in (made, other):
        await office.admin.do("opportunityDelete", OPPORTUNITY, id=each["id"])
    await office.admin.do("recordPurge", id=made["id"])
    assert await office.value("SELECT count(*) FROM stage_change") == 1
    async with office.unchanged():
        assert await office.admin.refusals("recordPurge", id=other["id"]) == [("INVALID", ["id"])]
