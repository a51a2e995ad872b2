"""Opportunities on their way: moved, won, lost, put aside, taken up again, and how long they stayed in each stage."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
OPPORTUNITY = """opportunity { id version status closedAt probability amount weightedAmount lostReason { code } lostNote actions
    pipeline { name } stage { name } }"""
HISTORY = """stageHistory { totalCount nodes { stage { name } enteredAt leftAt durationSeconds amount
    changedBy { username } } }"""
STEPS = {
    ("OPEN", "Win"): "WON",
    ("OPEN", "Lose"): "LOST",
    ("OPEN", "Hold"): "ON_HOLD",
    ("ON_HOLD", "Lose"): "LOST",
    ("ON_HOLD", "Reopen"): "OPEN",
    ("WON", "Reopen"): "OPEN",
    ("LOST", "Reopen"): "OPEN",
}
INTO = {"OPEN": [], "WON": ["Win"], "LOST": ["Lose"], "ON_HOLD": ["Hold"]}


async def created(office: Office, **given: object) -> dict:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    whole = {"title": "机会", "partyId": party["id"], "amount": "1000", **given}
    return await office.admin.do("opportunityCreate", OPPORTUNITY, input=whole)


async def option(office: Office, code: str, dictionary: str = "lost_reason") -> str:
    return str(
        await office.value(
            "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE i.code = $1 AND d.code = $2",
            code,
            dictionary,
        )
    )


async def stage(office: Office, name: str) -> str:
    return str(await office.value("SELECT id FROM stage WHERE name LIKE $1 || '%'", name))


async def arguments(office: Office, verb: str) -> dict:
    return {"input": {"reasonId": await option(office, "price")}} if verb == "Lose" else {}


async def taken(office: Office, key: str, verb: str) -> dict:
    return await office.admin.do(f"opportunity{verb}", OPPORTUNITY, id=key, **await arguments(office, verb))


async def history(office: Office, key: str) -> list[dict]:
    return (await office.admin.ask("opportunity", HISTORY, id=key))["stageHistory"]["nodes"]


@pytest.mark.parametrize("state", INTO)
@pytest.mark.parametrize("verb", ["Win", "Lose", "Hold", "Reopen"])
async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office, state, verb):
    made = await created(office)
    for step in INTO[state]:
        await taken(office, made["id"], step)
    if (state, verb) in STEPS:
        after = await taken(office, made["id"], verb)
        assert after["status"] == STEPS[state, verb]
        assert (after["closedAt"] is not None) == (after["status"] in ("WON", "LOST"))
        assert (after["lostReason"] == {"code": "price"}) == (after["status"] == "LOST")
        assert after["version"] == 2 + len(INTO[state])
        log = (await office.admin.ask("changes", "nodes { verb }", first=1))["nodes"]
        assert log == [{"verb": f"opportunity.{verb.lower()}"}]
    else:
        more = await arguments(office, verb)
        async with office.unchanged():
            assert await office.admin.refusals(f"opportunity{verb}", id=made["id"], **more) == [("ILLEGAL_TRANSITION", None)]


async def test_moving_takes_on_the_stages_probability_and_ends_the_stay(office: Office):
    made = await created(office)
    after = await office.admin.do("opportunityMove", OPPORTUNITY, id=made["id"], stageId=await stage(office, "谈判"))
    assert (after["stage"]["name"], after["probability"], after["weightedAmount"]) == ("谈判 Negotiation", 70, "700.0000")
    await office.admin.do("opportunityUpdate", OPPORTUNITY, id=made["id"], version=2, input={"amount": "2000"})
    await office.admin.do("opportunityMove", OPPORTUNITY, id=made["id"], stageId=await stage(office, "方案"))
    await office.rows("UPDATE stage_change SET entered_at = entered_at - interval '90 seconds' WHERE amount = 1000")
    first, second, third = await history(office, made["id"])
    assert [each["stage"]["name"][:2] for each in (first, second, third)] == ["线索", "谈判", "方案"]
    assert [each["amount"] for each in (first, second, third)] == ["1000.0000", "1000.0000", "2000.0000"]
    assert second["leftAt"] == third["enteredAt"]
    assert (third["leftAt"], third["durationSeconds"]) == (None, None)
    assert 90 <= first["durationSeconds"] < 150
    assert {each["changedBy"]["username"] for each in (first, second, third)} == {"admin"}


async def test_moving_to_where_it_is_changes_nothing(office: Office):
    made = await created(office)
    async with office.unchanged():
        after = await office.admin.do("opportunityMove", OPPORTUNITY, id=made["id"], stageId=await stage(office, "线索"))
    assert after == made


async def test_a_stage_of_another_pipeline_moves_it_there(office: Office):
    made = await created(office)
    stages = [{"name": "单一", "probability": 40}]
    await office.admin.do("pipelineCreate", "pipeline { id }", input={"name": "渠道", "stages": stages})
    after = await office.admin.do("opportunityMove", OPPORTUNITY, id=made["id"], stageId=await stage(office, "单一"))
    assert (after["pipeline"], after["stage"], after["probability"]) == ({"name": "渠道"}, {"name": "单一"}, 40)


@pytest.mark.parametrize("state", ["WON", "LOST", "ON_HOLD"])
async def test_only_the_open_is_moved(office: Office, state):
    made = await created(office)
    await taken(office, made["id"], INTO[state][0])
    there = await stage(office, "方案")
    async with office.unchanged():
        refused = await office.admin.refusals("opportunityMove", id=made["id"], stageId=there)
        assert refused == [("ILLEGAL_TRANSITION", None)]


@pytest.mark.parametrize("odd", ["", "\x00", unknown(Kind.STAGE), unknown(Kind.PIPELINE)])
async def test_an_odd_stage_is_not_found(office: Office, odd):
    made = await created(office)
    async with office.unchanged():
        assert await office.admin.refusals("opportunityMove", id=made["id"], stageId=odd) == [("NOT_FOUND", ["stageId"])]


async def test_a_stay_ends_with_the_close_and_another_begins_when_it_is_taken_up_again(office: Office):
    made = await created(office)
    won = await taken(office, made["id"], "Win")
    assert [each["leftAt"] for each in await history(office, made["id"])] == [won["closedAt"]]
    again = await taken(office, made["id"], "Reopen")
    assert (again["closedAt"], again["stage"]) == (None, made["stage"])
    assert [each["leftAt"] for each in await history(office, made["id"])] == [won["closedAt"], None]
    await taken(office, made["id"], "Hold")
    assert len(await history(office, made["id"])) == 2


async def test_a_loss_has_its_reason_and_loses_it_when_taken_up_again(office: Office):
    made = await created(office)
    given = {"reasonId": await option(office, "competitor"), "note": "报价太高"}
    lost = await office.admin.do("opportunityLose", OPPORTUNITY, id=made["id"], input=given)
    assert (lost["lostReason"], lost["lostNote"]) == ({"code": "competitor"}, "报价太高")
    again = await taken(office, made["id"], "Reopen")
    assert (again["lostReason"], again["lostNote"]) == (None, None)


async def test_a_loss_without_a_good_reason_is_refused(office: Office):
    made = await created(office)
    price, other = await option(office, "price"), await option(office, "it", "industry")
    retired = await option(office, "timing")
    await office.admin.do("dictionaryItemUpdate", "dictionaryItem { id }", id=retired, version=1, input={"active": False})
    async with office.unchanged():
        for reason, code in (
            (other, "INVALID"),
            (retired, "INVALID"),
            (unknown(Kind.DICTIONARY_ITEM), "NOT_FOUND"),
            ("x", "NOT_FOUND"),
        ):
            refused = await office.admin.refusals("opportunityLose", id=made["id"], input={"reasonId": reason})
            assert refused == [(code, ["input", "reasonId"])]
        long = {"reasonId": price, "note": "x" * 20_001}
        assert await office.admin.refusals("opportunityLose", id=made["id"], input=long) == [("INVALID", ["input", "note"])]


async def test_of_many_who_move_it_at_once_all_stays_follow_each_other(office: Office):
    made = await created(office)
    there = [await stage(office, name) for name in ("需求", "方案", "谈判", "成交")]
    amount = office.admin.tried("opportunityUpdate", OPPORTUNITY, id=made["id"], version=1, input={"amount": "700"})
    moves = [office.admin.do("opportunityMove", OPPORTUNITY, id=made["id"], stageId=each) for each in there * 3]
    await asyncio.gather(amount, *moves)
    rows = await office.rows("SELECT stage_id, entered_at, left_at FROM stage_change ORDER BY entered_at")
    assert len(rows) > 4
    assert [row["left_at"] for row in rows] == [*(row["entered_at"] for row in rows[1:]), None]
    assert rows[-1]["stage_id"] == await office.value("SELECT stage_id FROM opportunity")
    assert await office.value("SELECT weighted_amount = amount * probability / 100 FROM opportunity")


async def test_won_once_by_two_at_once(office: Office):
    made = await created(office)
    payloads = await asyncio.gather(*(office.admin.tried("opportunityWin", OPPORTUNITY, id=made["id"]) for _ in range(3)))
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["ILLEGAL_TRANSITION"] * 2


ODD = ["", "\x00", "' OR 1=1", unknown(Kind.OPPORTUNITY), unknown(Kind.PARTY)]


@pytest.mark.parametrize("verb", ["Update", "Move", "Win", "Lose", "Hold", "Reopen", "Delete", "Restore"])
async def test_an_odd_id_is_not_found(office: Office, verb):
    more: dict = {"Update": {"version": 1, "input": {"title": "x"}}, "Move": {"stageId": await stage(office, "方案")}}.get(
        verb, await arguments(office, verb)
    )
    async with office.unchanged():
        for odd in ODD:
            assert await office.admin.refusals(f"opportunity{verb}", id=odd, **more) == [("NOT_FOUND", ["id"])]


async def test_a_transfer_of_the_party_takes_along_what_is_not_finished(office: Office):
    agent = await office.hire("agent", {"customer.*": "ALL", "opportunity.*": "ALL", "contract.*": "ALL", "delivery.*": "ALL"})
    made = {"open": await created(office)}
    party = (await office.admin.ask("customers", "nodes { id }"))["nodes"][0]["id"]
    for name, verb in (("held", "Hold"), ("won", "Win"), ("lost", "Lose")):
        given = {"title": name, "partyId": party}
        made[name] = await office.admin.do("opportunityCreate", OPPORTUNITY, input=given)
        await taken(office, made[name]["id"], verb)
    contracts = {}
    for status in ("DRAFT", "REJECTED", "ACTIVE", "COMPLETED", "TERMINATED", "EXPIRED"):
        given = {"title": status, "kind": "SALES", "partyId": party}
        contracts[status] = await office.admin.do("contractCreate", "contract { id }", input=given)
        await office.rows("UPDATE contract SET status = $1 WHERE id = $2", status, contracts[status]["id"])
    deliveries = {}
    for status in ("DRAFT", "SHIPPED", "DELIVERED", "RETURNED", "CANCELLED"):
        deliveries[status] = await office.admin.do("deliveryCreate", "delivery { id }", input={"partyId": party})
        await office.rows("UPDATE delivery SET status = $1 WHERE id = $2", status, deliveries[status]["id"])
    given = {"ids": [party], "toId": agent.id, "withChildren": True}
    await office.admin.do("recordsTransfer", "results { userErrors { code } }", input=given)
    went = {}
    for kind, rows in (("opportunity", made), ("contract", contracts), ("delivery", deliveries)):
        owners = {name: (await office.admin.ask(kind, "owner { username }", id=row["id"]))["owner"] for name, row in rows.items()}
        went[kind] = {name for name, owner in owners.items() if owner == {"username": "agent"}}
    assert went == {
        "opportunity": {"open", "held"},
        "contract": {"DRAFT", "REJECTED", "ACTIVE"},
        "delivery": {"DRAFT", "SHIPPED"},
    }


WHY = "opportunity { status wonReason { code } wonNote holdReason { code } holdNote resumeOn lostReason { code } }"
NOTHING = dict.fromkeys(("wonReason", "wonNote", "holdReason", "holdNote", "resumeOn", "lostReason"))


async def test_why_it_was_won_or_put_aside_is_told_and_gone_with_the_next_step(office: Office):
    made = await created(office)
    budget, product = await option(office, "budget", "hold_reason"), await option(office, "product", "won_reason")
    given = {"reasonId": budget, "note": "明年再谈", "resumeOn": "2099-01-15"}
    held = await office.admin.do("opportunityHold", WHY, id=made["id"], input=given)
    told = {"holdReason": {"code": "budget"}, "holdNote": "明年再谈", "resumeOn": "2099-01-15"}
    assert held == {**NOTHING, **told, "status": "ON_HOLD"}
    assert (await office.admin.ask("opportunities", "totalCount", filter={"resumeOn": {"lte": "2099-01-31"}}))["totalCount"] == 1
    assert await office.admin.do("opportunityReopen", WHY, id=made["id"]) == {**NOTHING, "status": "OPEN"}
    won = await office.admin.do("opportunityWin", WHY, id=made["id"], input={"reasonId": product, "note": "更快"})
    assert won == {**NOTHING, "wonReason": {"code": "product"}, "wonNote": "更快", "status": "WON"}
    await office.admin.do("opportunityReopen", WHY, id=made["id"])
    assert await office.admin.do("opportunityWin", WHY, id=made["id"]) == {**NOTHING, "status": "WON"}


async def test_a_wrong_reason_or_a_day_that_is_over_is_refused(office: Office):
    made = await created(office)
    price = await option(office, "price")
    frozen = await office.hire("frozen", {"opportunity.*": "ALL"}, frozen=["opportunity.wonReason", "opportunity.resumeOn"])
    right = await option(office, "price", "won_reason")
    async with office.unchanged():
        for verb in ("Win", "Hold"):
            refused = await office.admin.refusals(f"opportunity{verb}", id=made["id"], input={"reasonId": price})
            assert refused == [("INVALID", ["input", "reasonId"])]
        for day, who, code in (("2020-01-01", office.admin, "INVALID"), ("2099-01-01", frozen, "FORBIDDEN")):
            refused = await who.refusals("opportunityHold", id=made["id"], input={"resumeOn": day})
            assert refused == [(code, ["input", "resumeOn"])]
        refused = await frozen.refusals("opportunityWin", id=made["id"], input={"reasonId": right})
        assert refused == [("FORBIDDEN", ["input", "reasonId"])]
