"""Calls on screen: one of several gets it, the switchboard overrides, only the holder goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, CALL, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def rung(hotline: Hotline, name: str = "c1", **given: Any) -> str:
    await hotline.pbx.tell("ringing", name, **given)
    return await hotline.call_id(name)


async def claimed(hotline: Hotline, who: int = 0) -> str:
    key = await rung(hotline)
    await hotline.agents[who].do("callClaim", CALL, id=key)
    return key


async def verbs(hotline: Hotline) -> list[str]:
    found = await hotline.read(fields="changes { nodes { verb } }")
    return [each["verb"] for each in found["changes"]["nodes"]]


async def test_a_claimed_call_is_its_claimers(hotline: Hotline):
    key = await rung(hotline)
    found = await hotline.agents[0].do("callClaim", CALL, id=key)
    assert found["state"] == "ANSWERED"
    assert (found["claimedBy"], found["owner"]) == ({"username": "agent1"}, {"username": "agent1"})
    assert found["answeredAt"] is not None
    assert found["actions"] == ["HOLD", "TRANSFER", "END", "LINK"]
    assert await hotline.told() == 2
    assert await verbs(hotline) == ["call.claim", "call.ringing"]


async def test_of_all_who_claim_at_once_exactly_one_gets_it(office: Office):
    hotline = await Hotline(office).staffed(6)
    key = await rung(hotline)
    payloads = await asyncio.gather(*(agent.tried("callClaim", CALL, id=key) for agent in hotline.agents))
    won = [number for number, payload in enumerate(payloads) if not payload["userErrors"]]
    assert len(won) == 1
    told = {(each["code"], each["message"], tuple(each["field"])) for p in payloads for each in p["userErrors"]}
    assert told == {("CONFLICT", f"Answered by Agent {won[0] + 1}.", ("id",))}
    assert (await hotline.read())["claimedBy"] == {"username": f"agent{won[0] + 1}"}
    assert await hotline.told() == 2


async def test_to_claim_ones_own_call_again_changes_nothing(hotline: Hotline):
    key = await claimed(hotline)
    async with hotline.office.unchanged():
        assert (await hotline.agents[0].do("callClaim", CALL, id=key))["claimedBy"] == {"username": "agent1"}
    async with hotline.office.unchanged():
        assert await hotline.agents[1].refusals("callClaim", id=key) == [("CONFLICT", ["id"])]


async def test_who_is_not_rung_cannot_claim(hotline: Hotline):
    key = await rung(hotline)
    outsider = await hotline.office.hire("outsider", AGENT)
    manager = await hotline.office.hire("manager", {"call.READ": "ALL", "call.UPDATE": "ALL"})
    reader = await hotline.office.hire("reader", {"call.READ": "ALL"})
    async with hotline.office.unchanged():
        assert await outsider.refusals("callClaim", id=key) == [("NOT_FOUND", ["id"])]
        assert await outsider.refusals("callClaim", id=unknown(Kind.CALL)) == [("NOT_FOUND", ["id"])]
        assert await manager.refusals("callClaim", id=key) == [("FORBIDDEN", ["id"])]
        answer = await reader.run("mutation ($id: ID!) { callClaim(id: $id) { userErrors { code } } }", id=key)
        assert answer.codes == ["FORBIDDEN"]


@pytest.mark.parametrize("end", ["ended", "missed"])
async def test_what_is_over_cannot_be_claimed(hotline: Hotline, end: str):
    key = await rung(hotline)
    await hotline.pbx.tell(end)
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callClaim", id=key) == [("ILLEGAL_TRANSITION", None)]


async def test_an_answer_at_the_telephone_is_a_claim(hotline: Hotline):
    key = await rung(hotline)
    await hotline.pbx.tell("answered", agent="agent2")
    found = await hotline.read()
    assert (found["state"], found["claimedBy"], found["owner"]) == ("ANSWERED", {"username": "agent2"}, {"username": "agent2"})
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callClaim", id=key) == [("CONFLICT", ["id"])]
        assert (await hotline.agents[1].do("callClaim", CALL, id=key))["state"] == "ANSWERED"


@pytest.mark.parametrize("second", [0.5, 3700])
async def test_an_answer_at_another_telephone_overrides_a_claim(hotline: Hotline, second: float):
    key = await claimed(hotline)
    await hotline.pbx.tell("answered", second=second, agent="1002")
    found = await hotline.read()
    assert (found["claimedBy"], found["owner"]) == ({"username": "agent2"}, {"username": "agent2"})
    assert await hotline.told() == 3
    assert (await verbs(hotline))[0] == "call.override"
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callHold", id=key) == [("FORBIDDEN", ["id"])]


async def test_an_answer_by_somebody_unknown_leaves_the_call_to_be_claimed(hotline: Hotline):
    key = await rung(hotline)
    await hotline.pbx.tell("answered", agent="9999")
    assert (await hotline.read())["claimedBy"] is None
    assert (await hotline.agents[1].do("callClaim", CALL, id=key))["claimedBy"] == {"username": "agent2"}


async def test_a_call_is_held_resumed_and_handed_on(hotline: Hotline):
    first, second = hotline.agents
    key = await claimed(hotline)
    assert (await first.do("callHold", CALL, id=key))["state"] == "HELD"
    assert (await first.do("callResume", CALL, id=key))["state"] == "ANSWERED"
    handed = await first.do("callTransfer", CALL, id=key, toId=second.id)
    assert handed is not None, "who gave it away was rung, and sees it still"
    assert (handed["state"], handed["claimedBy"]) == ("TRANSFERRED", {"username": "agent2"})
    async with hotline.office.unchanged():
        assert await first.refusals("callHold", id=key) == [("FORBIDDEN", ["id"])]
    assert (await second.do("callClaim", CALL, id=key))["state"] == "ANSWERED"
    assert await verbs(hotline) == [
        "call.claim", "call.transfer", "call.resume", "call.hold", "call.claim", "call.ringing",
    ]  # fmt: skip
    assert await hotline.told() == 6


async def test_a_call_that_was_handed_to_the_wrong_person_can_be_taken_back(hotline: Hotline):
    first, second = hotline.agents
    key = await claimed(hotline)
    await first.do("callTransfer", CALL, id=key, toId=second.id)
    taken = await first.do("callClaim", CALL, id=key)
    assert (taken["state"], taken["claimedBy"]) == ("ANSWERED", {"username": "agent1"})
    assert await second.refusals("callClaim", id=key) == [("CONFLICT", ["id"])]


async def test_a_call_can_be_given_to_somebody_it_did_not_ring(hotline: Hotline):
    key = await claimed(hotline)
    expert = await hotline.office.hire("expert", AGENT)
    await hotline.agents[0].do("callTransfer", CALL, id=key, toId=expert.id)
    found = await expert.ask("call", "state candidates { username }", id=key)
    assert found["state"] == "TRANSFERRED"
    assert [each["username"] for each in found["candidates"]] == ["agent1", "agent2", "expert"]
    audience = await hotline.office.value("SELECT audience FROM event ORDER BY id DESC LIMIT 1")
    assert expert.id in {str(each) for each in audience}


async def test_whom_a_call_cannot_be_given_to(hotline: Hotline):
    key = await claimed(hotline)
    agent = hotline.agents[0]
    gone = await hotline.office.hire("gone", AGENT)
    await hotline.office.admin.do("userUpdate", "user { active }", id=gone.id, version=1, input={"active": False})
    async with hotline.office.unchanged():
        for to, code in ((gone.id, "INVALID"), (agent.id, "INVALID"), (unknown(Kind.USER), "NOT_FOUND"), ("x", "NOT_FOUND")):
            assert await agent.refusals("callTransfer", id=key, toId=to) == [(code, ["toId"])]


CANNOT_TAKE = {
    "no role": {},
    "no reading": {name: scope for name, scope in AGENT.items() if name != "call.READ"},
    "no updating": {name: scope for name, scope in AGENT.items() if name != "call.UPDATE"},
    "a partner": AGENT,
}


@pytest.mark.parametrize("why", CANNOT_TAKE)
async def test_a_call_is_not_given_to_somebody_who_could_not_take_it(hotline: Hotline, why: str):
    key = await claimed(hotline)
    given = {}
    if why == "a partner":
        channel = await hotline.office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"})
        given = {"kind": "CHANNEL", "channel_id": channel["id"]}
    person = await hotline.office.hire("stranger", CANNOT_TAKE[why], **given)
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callTransfer", id=key, toId=person.id) == [("INVALID", ["toId"])]
    assert (await hotline.read())["claimedBy"] == {"username": "agent1"}


STEPS = {"callHold": {}, "callResume": {}, "callTransfer": {"toId": None}, "callEnd": {"input": {}}}


@pytest.mark.parametrize("verb", STEPS)
async def test_only_the_holder_goes_on_with_a_call(hotline: Hotline, verb: str):
    key = await claimed(hotline)
    given = {name: value if value is not None else hotline.agents[1].id for name, value in STEPS[verb].items()}
    outsider = await hotline.office.hire("outsider", AGENT)
    free = await rung(hotline, "c2")
    async with hotline.office.unchanged():
        assert await hotline.agents[1].refusals(verb, id=key, **given) == [("FORBIDDEN", ["id"])]
        assert await hotline.office.admin.refusals(verb, id=key, **given) == [("FORBIDDEN", ["id"])]
        assert await hotline.agents[0].refusals(verb, id=free, **given) == [("FORBIDDEN", ["id"])]
        assert await outsider.refusals(verb, id=key, **given) == [("NOT_FOUND", ["id"])]


ILLEGAL = {"HELD": ["callHold"], "ANSWERED": ["callResume"], "TRANSFERRED": ["callHold", "callResume", "callTransfer"]}


@pytest.mark.parametrize("state", ILLEGAL)
async def test_steps_that_the_flow_does_not_know_are_refused(hotline: Hotline, state: str):
    holder: Api = hotline.agents[0]
    key = await claimed(hotline)
    if state == "HELD":
        await holder.do("callHold", CALL, id=key)
    if state == "TRANSFERRED":
        await holder.do("callTransfer", CALL, id=key, toId=hotline.agents[1].id)
        holder = hotline.agents[1]
    async with hotline.office.unchanged():
        for verb in ILLEGAL[state]:
            given = {"toId": hotline.agents[0].id} if verb == "callTransfer" else {}
            assert await holder.refusals(verb, id=key, **given) == [("ILLEGAL_TRANSITION", None)]


async def test_a_switchboard_whose_clock_is_ahead_does_not_undo_a_claim(hotline: Hotline):
    key = await rung(hotline, second=3700)
    found = await hotline.agents[0].do("callClaim", CALL, id=key)
    assert (found["state"], found["claimedBy"]) == ("ANSWERED", {"username": "agent1"})


async def test_a_deleted_call_comes_back(hotline: Hotline):
    key = await claimed(hotline)
    admin = hotline.office.admin
    async with hotline.office.unchanged():
        answer = await hotline.agents[0].run("mutation ($id: ID!) { callDelete(id: $id) { userErrors { code } } }", id=key)
        assert answer.codes == ["FORBIDDEN"]
    await hotline.agents[0].do("callEnd", CALL, id=key)
    assert await admin.do("callDelete", "call { id }", id=key) is None
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callHold", id=key) == [("NOT_FOUND", ["id"])]
    assert (await admin.ask("deletedRecords", "totalCount", entity="call"))["totalCount"] == 1
    assert (await admin.do("callRestore", CALL, id=key))["state"] == "ENDED"


GOING_ON = {
    "RINGING": [],
    "ANSWERED": ["callClaim"],
    "HELD": ["callClaim", "callHold"],
    "TRANSFERRED": ["callClaim", "callTransfer"],
}


@pytest.mark.parametrize("state", GOING_ON)
async def test_a_call_that_goes_on_is_not_deleted(hotline: Hotline, state: str):
    key = await rung(hotline)
    for verb in GOING_ON[state]:
        given = {"toId": hotline.agents[1].id} if verb == "callTransfer" else {}
        await hotline.agents[0].do(verb, CALL, id=key, **given)
    async with hotline.office.unchanged():
        assert await hotline.office.admin.refusals("callDelete", id=key) == [("ILLEGAL_TRANSITION", None)]
    assert (await hotline.read())["state"] == state
