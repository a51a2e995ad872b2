"""What was filed of a call is put right by whoever had it; a call fulfils what was planned, and says what it was about."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, SETTINGS, Hotline
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
CALL = """call { id version state note disposition { code } actions filedAt
    activity { id status subject content outcome opportunity { title } followUps { nodes { subject plannedAt } } } }"""
SOON = "2027-01-01T00:00:00Z"


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    made = await Hotline(office).staffed()
    customer = {"name": "华为", "phoneNumbers": [{"raw": "13800000000"}]}
    await made.agents[0].do("customerCreate", "customer { id }", input=customer)
    return made


async def taken(hotline: Hotline, name: str = "c1") -> str:
    """A call that the first agent has, from their customer."""
    await hotline.pbx.tell("ringing", name)
    key = await hotline.call_id(name)
    await hotline.agents[0].do("callClaim", "call { id }", id=key)
    return key


async def test_note_and_outcome_are_put_right_and_the_activity_follows(hotline: Hotline):
    agent, key = hotline.agents[0], await taken(hotline)
    async with hotline.office.unchanged():
        open_ = {"id": key, "version": 3, "input": {"note": "x"}}
        assert (await agent.refusals("callAmend", **open_))[0][0] in ("ILLEGAL_TRANSITION", "CONFLICT")
    filed = await agent.do("callEnd", CALL, id=key, input={"disposition": "quote", "note": "200 台"})
    assert filed["actions"] == ["AMEND", "LINK"]
    given = {"id": key, "version": filed["version"], "input": {"disposition": "complaint", "note": "210 台"}}
    after = await agent.do("callAmend", CALL, **given)
    assert (after["note"], after["disposition"]) == ("210 台", {"code": "complaint"})
    assert (after["activity"]["content"], after["activity"]["outcome"]) == ("210 台", "投诉")
    log = await agent.ask("call", "changes(first: 1) { nodes { verb fields { field old new } } }", id=key)
    assert log["changes"]["nodes"][0]["verb"] == "call.amend"
    assert {"field": "note", "old": "200 台", "new": "210 台"} in log["changes"]["nodes"][0]["fields"]
    # What somebody wrote into the activity since is theirs.
    activity = after["activity"]["id"]
    version = await hotline.office.value("SELECT version FROM activity WHERE id = $1", activity)
    await agent.do("activityUpdate", "activity { id }", id=activity, version=version, input={"content": "另有说明"})
    cleared = await agent.do("callAmend", CALL, id=key, version=after["version"], input={"disposition": None, "note": None})
    assert (cleared["note"], cleared["disposition"], cleared["activity"]["content"]) == (None, None, "另有说明")
    assert cleared["activity"]["outcome"] is None
    frozen = await hotline.office.hire("frozen", AGENT, frozen=["call.note"])
    async with hotline.office.unchanged():
        assert await agent.refusals("callAmend", **given) == [("CONFLICT", ["version"])]
        now = {**given, "version": cleared["version"]}
        assert await hotline.agents[1].refusals("callAmend", **now) == [("FORBIDDEN", ["id"])]
        assert await hotline.office.admin.refusals("callAmend", **now) == [("FORBIDDEN", ["id"])], "not even whoever sees all"
        assert await frozen.refusals("callAmend", **now) == [("FORBIDDEN", ["input", "note"])]
        wrong = {**now, "input": {"disposition": "no such option"}}
        assert await agent.refusals("callAmend", **wrong) == [("INVALID", ["input", "disposition"])]
    found = await asyncio.gather(*(agent.tried("callAmend", CALL, **{**now, "input": {"note": f"{n}"}}) for n in range(2)))
    assert sorted(len(payload["userErrors"]) for payload in found) == [0, 1]


async def test_a_call_is_what_was_planned(hotline: Hotline):
    agent = hotline.agents[0]
    party = await hotline.office.value("SELECT id FROM party")
    plan: dict[str, Any] = {"kind": "CALL", "subject": "回访华为", "partyId": str(party), "plannedAt": "2026-01-01T00:00:00Z"}
    planned = (await agent.do("activityCreate", "activity { id }", input=plan))["id"]
    other = (await agent.do("activityCreate", "activity { id }", input={"kind": "CALL", "subject": "别人"}))["id"]
    key = await taken(hotline)
    where = ["input", "activityId"]
    async with hotline.office.unchanged():
        assert await agent.refusals("callEnd", id=key, input={"activityId": other}) == [("INVALID", where)]
        assert await agent.refusals("callEnd", id=key, input={"activityId": unknown(Kind.ACTIVITY)}) == [("NOT_FOUND", where)]
    filed = await agent.do("callEnd", CALL, id=key, input={"activityId": planned, "note": "谈妥", "followUpAt": SOON})
    assert filed["activity"] == {
        "id": planned, "status": "DONE", "subject": "回访华为", "content": "谈妥", "outcome": None, "opportunity": None,
        "followUps": {"nodes": [{"subject": "回访", "plannedAt": "2027-01-01T00:00:00+00:00"}]},
    }  # fmt: skip
    assert await hotline.office.value("SELECT count(*) FROM activity") == 3
    again = await taken(hotline, "c2")
    async with hotline.office.unchanged():
        assert await agent.refusals("callEnd", id=again, input={"activityId": planned}) == [("ILLEGAL_TRANSITION", where)]


async def test_a_call_says_what_it_was_about(hotline: Hotline):
    agent, admin = hotline.agents[0], hotline.office.admin
    party = str(await hotline.office.value("SELECT id FROM party"))
    right = await admin.do("opportunityCreate", "opportunity { id }", input={"title": "交换机", "partyId": party})
    other = await admin.do("customerCreate", "customer { id }", input={"name": "中兴"})
    wrong = await admin.do("opportunityCreate", "opportunity { id }", input={"title": "别的", "partyId": other["id"]})
    role = await hotline.office.role("sales", {"opportunity.READ": "ALL"})
    roles = [
        str(row["role_id"]) for row in await hotline.office.rows("SELECT role_id FROM role_member WHERE user_id = $1", agent.id)
    ]
    version = await hotline.office.value("SELECT version FROM user_account WHERE id = $1", agent.id)
    await admin.do("userUpdate", "user { id }", id=agent.id, version=version, input={"roleIds": [*roles, str(role)]})
    key = await taken(hotline)
    async with hotline.office.unchanged():
        for record, code in ((wrong["id"], "INVALID"), (unknown(Kind.OPPORTUNITY), "NOT_FOUND"), (party, "NOT_FOUND")):
            assert await agent.refusals("callEnd", id=key, input={"recordId": record}) == [(code, ["input", "recordId"])]
    filed = await agent.do("callEnd", CALL, id=key, input={"recordId": right["id"]})
    assert filed["activity"]["opportunity"] == {"title": "交换机"}
