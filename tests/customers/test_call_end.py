"""Ending a call on screen: its outcome is filed once and becomes an activity."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import CALL, SETTINGS, Hotline
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
FILED = """call { id state endedAt note followUpAt filedAt disposition { code } actions
    activity { kind status subject content outcome doneAt owner { username } party { name } contact { name } } }"""
LATER = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0).isoformat()


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def claimed(hotline: Hotline, who: int = 0, **given: Any) -> str:
    await hotline.pbx.tell("ringing", **given)
    key = await hotline.call_id()
    await hotline.agents[who].do("callClaim", CALL, id=key)
    return key


async def customer(hotline: Hotline) -> str:
    phones = {"phoneNumbers": [{"raw": "13800000000"}]}
    agent = hotline.agents[0]
    made = await agent.do("customerCreate", "customer { id }", input={"name": "华为", "contactCycleDays": 10, **phones})
    await agent.do("contactCreate", "contact { id }", input={"name": "王", "partyId": made["id"], **phones})
    return made["id"]


async def test_what_is_asked_of_calls_besides_is_filed_with_them(hotline: Hotline, office: Office):
    given = {"entity": "call", "key": "mood", "type": "TEXT", "labelZh": "情绪", "labelEn": "Mood"}
    await office.admin.do("customFieldCreate", "customField { id }", input=given)
    key = await claimed(hotline)
    shown = "call { state customFields { text } changes(first: 1) { nodes { fields { field new } } } }"
    async with office.unchanged():
        wrong = {"customFields": [{"key": "mood", "number": "1"}]}
        where = ["input", "customFields", "0", "number"]
        assert await hotline.agents[0].refusals("callEnd", id=key, input=wrong) == [("INVALID", where)]
    found = await hotline.agents[0].do("callEnd", shown, id=key, input={"customFields": [{"key": "mood", "text": "满意"}]})
    assert (found["state"], found["customFields"]) == ("ENDED", [{"text": "满意"}])
    assert {"field": "custom.mood", "new": "满意"} in found["changes"]["nodes"][0]["fields"]


async def test_what_was_filed_is_on_the_call_and_in_the_history(hotline: Hotline):
    party = await customer(hotline)
    key = await claimed(hotline)
    given = {"disposition": "quote", "note": "要报价", "followUpAt": LATER}
    found = await hotline.agents[0].do("callEnd", FILED, id=key, input=given)
    assert found == {
        "id": key,
        "state": "ENDED",
        "endedAt": found["endedAt"],
        "note": "要报价",
        "followUpAt": LATER,
        "filedAt": found["filedAt"],
        "disposition": {"code": "quote"},
        "actions": ["AMEND", "LINK"],
        "activity": {
            "kind": "CALL",
            "status": "DONE",
            "subject": "来电",
            "content": "要报价",
            "outcome": "要求报价",
            "doneAt": found["endedAt"],
            "owner": {"username": "agent1"},
            "party": {"name": "华为"},
            "contact": {"name": "王"},
        },
    }
    planned = await hotline.agents[0].ask(
        "activities", "nodes { subject plannedAt party { name } }", filter={"status": {"eq": "PLANNED"}}
    )
    assert planned["nodes"] == [{"subject": "回访", "plannedAt": LATER, "party": {"name": "华为"}}]
    dates = await hotline.office.admin.ask("customer", "lastContactAt nextContactAt", id=party)
    assert dates["lastContactAt"] == found["endedAt"]
    assert dates["nextContactAt"] is not None
    assert await hotline.told() == 3


async def test_an_english_speaker_files_in_english(hotline: Hotline):
    await hotline.office.hire("john", None, locale="en-GB", role_ids=[str(await hotline.office.role("j", {"call.*": "OWN"}))],
                              extension="1009")  # fmt: skip
    john = await hotline.office.signed_in("john")
    await hotline.pbx.tell("ringing", called="1009")
    await hotline.pbx.tell("answered", agent="john")
    key = await hotline.call_id()
    await john.do("callEnd", "call { id }", id=key, input={"disposition": "quote", "followUpAt": LATER})
    rows = await hotline.office.rows("SELECT subject, outcome FROM activity ORDER BY subject")
    assert [tuple(row) for row in rows] == [("Follow-up call", None), ("Incoming call", "Quote wanted")]


async def test_everything_may_be_left_out(hotline: Hotline):
    key = await claimed(hotline, caller="anonymous", called="1001")
    found = await hotline.agents[0].do("callEnd", FILED, id=key)
    assert (found["state"], found["disposition"], found["activity"]["subject"]) == ("ENDED", None, "来电")
    assert found["activity"]["party"] is None


async def test_an_option_can_be_named_by_its_id(hotline: Hotline):
    key = await claimed(hotline)
    option = await hotline.office.value("SELECT id FROM dictionary_item WHERE code = 'complaint'")
    found = await hotline.agents[0].do("callEnd", FILED, id=key, input={"disposition": str(option)})
    assert found["disposition"] == {"code": "complaint"}


@pytest.mark.parametrize("state", ["HELD", "TRANSFERRED", "ENDED", "LOST"])
async def test_in_any_state_that_was_claimed(hotline: Hotline, state: str):
    key = await claimed(hotline)
    holder = hotline.agents[0]
    if state == "HELD":
        await hotline.pbx.tell("held", second=3700)
    if state == "TRANSFERRED":
        await hotline.pbx.tell("transferred", second=3700, agent="1002")
        holder = hotline.agents[1]
    if state == "ENDED":
        await hotline.pbx.tell("ended", second=3700)
    if state == "LOST":
        await lose(hotline)
    assert (await hotline.read())["state"] == state
    found = await holder.do("callEnd", FILED, id=key, input={"note": "好"})
    assert (found["state"], found["note"]) == ("ENDED", "好")


async def lose(hotline: Hotline) -> None:
    from crm.services.customers.call_watch import close_lost

    assert await close_lost(hotline.office.database, datetime.now(UTC) + timedelta(hours=13)) == 1


async def test_the_switchboards_end_afterwards_only_fills_the_times(hotline: Hotline):
    key = await claimed(hotline)
    before = await hotline.agents[0].do("callEnd", FILED, id=key, input={"disposition": "quote", "note": "好"})
    told = await hotline.pbx.tell("ended", second=3500, cause="busy")
    after = await hotline.agents[0].ask("call", FILED.removeprefix("call {").rstrip().removesuffix("}"), id=key)
    assert after["endedAt"] == told["at"]
    assert after | {"endedAt": None} == before | {"endedAt": None}


async def test_an_outcome_is_filed_once(hotline: Hotline):
    key = await claimed(hotline)
    agent = hotline.agents[0]
    payloads = await asyncio.gather(*(agent.tried("callEnd", FILED, id=key, input={"note": str(n)}) for n in range(4)))
    codes = [[error["code"] for error in payload["userErrors"]] for payload in payloads]
    assert sorted(codes) == [[]] + [["ILLEGAL_TRANSITION"]] * 3
    assert await hotline.office.value("SELECT count(*) FROM activity") == 1
    async with hotline.office.unchanged():
        assert await agent.refusals("callEnd", id=key, input={"note": "noch eins"}) == [("ILLEGAL_TRANSITION", None)]


BAD = {
    "unknown option": ({"disposition": "sold"}, ["input", "disposition"]),
    "NUL": ({"disposition": "a\0"}, ["input", "disposition"]),
    "option of another dictionary": ({"disposition": "referral"}, ["input", "disposition"]),
    "unknown id": ({"disposition": unknown(Kind.DICTIONARY_ITEM)}, ["input", "disposition"]),
    "long note": ({"note": "x" * 20_001}, ["input", "note"]),
    "follow-up in the past": ({"followUpAt": "2020-01-01T00:00:00Z"}, ["input", "followUpAt"]),
    "follow-up in another life": ({"followUpAt": "2099-01-01T00:00:00Z"}, ["input", "followUpAt"]),
}


@pytest.mark.parametrize("bad", BAD)
async def test_a_wrong_outcome_is_refused_and_changes_nothing(hotline: Hotline, bad: str):
    key = await claimed(hotline)
    given, field = BAD[bad]
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callEnd", id=key, input=given) == [("INVALID", field)]


async def test_a_retired_option_cannot_be_chosen(hotline: Hotline):
    key = await claimed(hotline)
    async with hotline.office.database.connection() as connection:
        await connection.execute("UPDATE dictionary_item SET active = false WHERE code = 'quote'")
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callEnd", id=key, input={"disposition": "quote"}) == [
            ("INVALID", ["input", "disposition"])
        ]


async def test_a_call_that_nobody_has_cannot_be_filed(hotline: Hotline):
    await hotline.pbx.tell("missed")
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callEnd", id=await hotline.call_id()) == [("FORBIDDEN", ["id"])]


async def test_what_a_role_freezes_cannot_be_filed(hotline: Hotline):
    role = await hotline.office.role("r", {"call.READ": "OWN", "call.UPDATE": "OWN"}, frozen=["call.note"])
    clerk = await hotline.office.hire("clerk", None, extension="1008", role_ids=[str(role)])
    await hotline.pbx.tell("ringing", called="1008")
    key = await hotline.call_id()
    await clerk.do("callClaim", CALL, id=key)
    async with hotline.office.unchanged():
        assert await clerk.refusals("callEnd", id=key, input={"note": "x"}) == [("FORBIDDEN", ["input", "note"])]


async def test_who_it_was_can_be_said_before_and_after(hotline: Hotline):
    agent = hotline.agents[0]
    party = (await agent.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    person = (await agent.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party}))["id"]
    await hotline.pbx.tell("ringing")
    key = await hotline.call_id()
    found = await agent.do("callLink", CALL, id=key, input={"partyId": party})
    assert (found["party"], found["contact"]) == ({"name": "华为"}, None)
    await agent.do("callClaim", CALL, id=key)
    await agent.do("callEnd", CALL, id=key)
    filed = await agent.do(
        "callLink", f"{FILED[:-1]} party {{ name }} contact {{ name }} }}", id=key, input={"contactId": person}
    )
    assert (filed["party"], filed["contact"]) == ({"name": "华为"}, {"name": "王"})
    assert (filed["activity"]["party"], filed["activity"]["contact"]) == ({"name": "华为"}, {"name": "王"})
    assert (await agent.ask("customer", "calls { totalCount } lastContactAt", id=party))["calls"] == {"totalCount": 1}
    assert (await agent.ask("contact", "calls { totalCount }", id=person))["calls"] == {"totalCount": 1}
    told = await hotline.told()
    async with hotline.office.unchanged():
        await agent.do("callLink", CALL, id=key, input={"contactId": person})
    assert await hotline.told() == told


async def test_whom_a_call_cannot_be_linked_to(hotline: Hotline):
    first, second = hotline.agents
    mine = (await first.do("customerCreate", "customer { id }", input={"name": "甲"}))["id"]
    theirs = (await second.do("customerCreate", "customer { id }", input={"name": "乙"}))["id"]
    other = (await first.do("customerCreate", "customer { id }", input={"name": "丙"}))["id"]
    person = (await first.do("contactCreate", "contact { id }", input={"name": "王", "partyId": other}))["id"]
    key = await claimed(hotline)
    async with hotline.office.unchanged():
        assert await first.refusals("callLink", id=key, input={}) == [("REQUIRED", ["input", "partyId"])]
        assert await first.refusals("callLink", id=key, input={"partyId": theirs}) == [("NOT_FOUND", ["input", "partyId"])]
        wrong = {"partyId": mine, "contactId": person}
        assert await first.refusals("callLink", id=key, input=wrong) == [("INVALID", ["input", "contactId"])]
        assert await second.refusals("callLink", id=key, input={"partyId": theirs}) == [("FORBIDDEN", ["id"])]
