"""The call-back list: one entry a number, taken by one, closed by an answered call, by hand, or with its task."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
ENTRY = """callBack { id status missedCount overdue actions note claimedBy { username } closedBy { username }
    call { id number { display } } answer { id } task { id status owner { username } } calls { totalCount } }"""
FIELDS = ENTRY.removeprefix("callBack {").rstrip().removesuffix("}")


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed(3)


async def missed(hotline: Hotline, name: str = "c1", **given: Any) -> None:
    await hotline.pbx.tell("ringing", name, **given)
    await hotline.pbx.tell("missed", name, **given)


async def entries(who: Api, **given: Any) -> list[dict[str, Any]]:
    return list((await who.ask("callBacks", f"nodes {{ {FIELDS} }}", **given))["nodes"])


async def test_one_number_is_listed_once_for_everybody_it_rang(hotline: Hotline):
    await missed(hotline)
    await missed(hotline, "c2")
    await missed(hotline, "c3", caller="13900000000")
    await hotline.office.rows(
        "UPDATE call_back SET due_at = now() + CASE missed_count WHEN 2 THEN -1 ELSE 1 END * interval '1 hour'"
    )
    seen = await entries(hotline.agents[2], orderBy=[{"field": "LAST_MISSED_AT"}])
    twice, once = await entries(hotline.office.admin, orderBy=[{"field": "LAST_MISSED_AT"}])
    assert (twice["missedCount"], twice["calls"], once["missedCount"]) == (2, {"totalCount": 2}, 1)
    assert (twice["status"], twice["actions"], twice["overdue"], once["overdue"]) == ("OPEN", ["CLAIM"], True, False)
    assert seen == [twice | {"task": None}, once | {"task": None}], "the task is for whom it rang first"
    assert twice["call"] == {"id": await hotline.call_id("c2"), "number": {"display": "138 0000 0000"}}
    assert (await hotline.read("c1", "callBackEntry { id }"))["callBackEntry"] == {"id": twice["id"]}
    stranger = await hotline.office.hire("stranger", AGENT)
    assert await entries(stranger) == []
    async with hotline.office.unchanged():
        for verb in ("Claim", "Release", "Complete", "Cancel"):
            assert await stranger.refusals(f"callBack{verb}", id=twice["id"]) == [("NOT_FOUND", ["id"])]
            assert await hotline.agents[0].refusals(f"callBack{verb}", id=unknown(Kind.CALL_BACK)) == [("NOT_FOUND", ["id"])]
    assert len(await entries(hotline.agents[0], filter={"status": {"eq": "CLAIMED"}})) == 0


async def test_of_several_at_once_one_takes_it_and_the_task_with_it(hotline: Hotline):
    await missed(hotline)
    entry = (await entries(hotline.agents[0]))[0]
    found = await asyncio.gather(*(agent.tried("callBackClaim", ENTRY, id=entry["id"]) for agent in hotline.agents))
    codes = sorted(error["code"] for payload in found for error in payload["userErrors"])
    assert codes == ["CONFLICT", "CONFLICT"]
    winner = hotline.agents[next(place for place, payload in enumerate(found) if not payload["userErrors"])]
    other = next(agent for agent in hotline.agents if agent is not winner)
    taken = (await entries(other))[0]
    assert (taken["status"], taken["claimedBy"]) == ("CLAIMED", {"username": winner.username})
    assert (await entries(winner))[0]["task"]["owner"] == {"username": winner.username}
    async with hotline.office.unchanged():
        assert await other.refusals("callBackComplete", id=entry["id"]) == [("FORBIDDEN", ["id"])]
        assert await other.refusals("callBackRelease", id=entry["id"]) == [("FORBIDDEN", ["id"])]
        assert (await winner.do("callBackClaim", ENTRY, id=entry["id"]))["status"] == "CLAIMED"
    verbs = await hotline.read(fields="changes(first: 1) { nodes { verb fields { field old new } } }")
    told = {"field": "callBackEntry", "old": {"status": "OPEN"}, "new": {"status": "CLAIMED", "claimedById": winner.id}}
    assert verbs["changes"]["nodes"] == [{"verb": "call.callBack", "fields": [told]}]
    assert await hotline.office.value("SELECT count(*) FROM event WHERE topic = 'callUpdates'") >= 2
    # Whoever took it on hears when the number calls again, and a superior can give it to somebody else.
    await hotline.office.admin.do("ringGroupUpdate", "ringGroup { id }", version=1, input={"memberIds": [other.id]},
                                  id=str(await hotline.office.value("SELECT id FROM ring_group")))  # fmt: skip
    await missed(hotline, "c2")
    assert (await entries(winner))[0]["missedCount"] == 2
    boss = await hotline.office.hire("boss", AGENT)
    version = await hotline.office.value("SELECT version FROM user_account WHERE id = $1", winner.id)
    await hotline.office.admin.do("userUpdate", "user { id }", id=winner.id, version=version, input={"managerId": boss.id})
    shared = {"ids": [await hotline.call_id("c2")], "principalIds": [boss.id], "access": "READ"}
    await hotline.office.admin.do("recordsShare", "results { userErrors { code } }", input=shared)
    freed = await boss.do("callBackRelease", ENTRY, id=entry["id"])
    assert (freed["status"], freed["claimedBy"]) == ("OPEN", None)


async def test_an_answered_call_to_the_number_closes_it(hotline: Hotline):
    await missed(hotline)
    out = {"direction": "outbound", "caller": "1002", "called": "013800000000", "agent": "1002"}
    await hotline.pbx.tell("ringing", "o1", **out)
    await hotline.pbx.tell("ended", "o1", cause="no_answer", **out)
    assert (await entries(hotline.office.admin))[0]["status"] == "OPEN"
    await hotline.pbx.tell("ringing", "o2", **out)
    await hotline.pbx.tell("answered", "o2", **out)
    done = (await entries(hotline.agents[0]))[0]
    assert (done["status"], done["closedBy"], done["actions"]) == ("DONE", {"username": "agent2"}, [])
    answered = (await entries(hotline.office.admin))[0]
    assert answered["answer"] == {"id": await hotline.call_id("o2")}
    assert answered["task"]["status"] == "DONE"
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callBackClaim", id=done["id"]) == [("ILLEGAL_TRANSITION", None)]
    # What happened before that call and is learnt of after it is owed no call; what happened since is.
    late = {"caller": "13800000000", "second": 2.5}
    await hotline.pbx.tell("missed", "c8", **late)
    assert len(await entries(hotline.office.admin)) == 1
    await missed(hotline, "c9")
    assert [each["status"] for each in await entries(hotline.office.admin)] == ["OPEN", "DONE"]


async def test_closed_by_hand_and_with_its_task(hotline: Hotline):
    agent = hotline.agents[0]
    for number in range(4):
        await missed(hotline, f"c{number}", caller=f"1390000000{number}")
    first, second, third, fourth = (await entries(agent, orderBy=[{"field": "LAST_MISSED_AT"}]))[:4]
    async with hotline.office.unchanged():
        assert await agent.refusals("callBackComplete", id=first["id"]) == [("FORBIDDEN", ["id"])]
    for entry in (first, second):
        await agent.do("callBackClaim", ENTRY, id=entry["id"])
    done = await agent.do("callBackComplete", ENTRY, id=first["id"], note="已回电，要报价")
    assert (done["status"], done["note"], done["task"]["status"]) == ("DONE", "已回电，要报价", "DONE")
    gone = await agent.do("callBackCancel", ENTRY, id=second["id"])
    assert (gone["status"], gone["task"]["status"], gone["closedBy"]) == ("CANCELLED", "CANCELLED", {"username": "agent1"})
    await agent.do("activityComplete", "activity { id }", id=third["task"]["id"])
    await agent.do("activityCancel", "activity { id }", id=fourth["task"]["id"])
    found = {each["id"]: each["status"] for each in await entries(agent)}
    assert [found[each["id"]] for each in (first, second, third, fourth)] == ["DONE", "CANCELLED", "DONE", "CANCELLED"]
    await missed(hotline, "c9", caller="13900000000")
    assert len(await entries(agent, filter={"status": {"eq": "OPEN"}})) == 1, "missed again, a new entry"
    await hotline.pbx.tell("answered", "c9", second=9.5, caller="13900000000", agent="1001")
    assert await entries(agent, filter={"status": {"in": ["OPEN", "CLAIMED"]}}) == [], "answered after all"


async def test_a_number_missed_and_claimed_and_called_at_once_is_never_twice_on_the_list(hotline: Hotline):
    await missed(hotline)
    entry = (await entries(hotline.agents[0]))[0]
    for number in range(4):
        await hotline.pbx.tell("ringing", f"m{number}")
    out = {"direction": "outbound", "caller": "1002", "called": "13800000000", "agent": "1002"}
    told = [*(hotline.pbx.event("missed", f"m{number}") for number in range(4)), hotline.pbx.event("answered", "o1", **out)]
    answers = await asyncio.gather(
        *(hotline.pbx.post(event) for event in told),
        hotline.agents[0].tried("callBackClaim", ENTRY, id=entry["id"]),
        hotline.agents[1].tried("activityComplete", "activity { id }", id=entry["task"]["id"]),
    )
    assert [answer.status_code for answer in answers[:5]] == [200] * 5
    assert await hotline.office.value("SELECT count(*) FROM call_back WHERE status IN ('OPEN', 'CLAIMED')") <= 1
    strange = "call_back b JOIN activity a ON a.id = b.activity_id WHERE (b.closed_at IS NULL) <> (a.status = 'PLANNED')"
    assert await hotline.office.value(f"SELECT count(*) FROM {strange}") == 0
