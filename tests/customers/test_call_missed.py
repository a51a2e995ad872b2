"""Calls that nobody took: one call-back task for each number, and none where somebody answered after all."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import CALL, SETTINGS, Hotline
from tests.factories.api import Office, opened

from crm.services.customers.call_watch import close_lost, sweep

office = pytest.fixture(opened)
BACK = "state callBack { id kind status subject plannedAt owner { username } party { name } }"


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def missed(hotline: Hotline, name: str = "c1", end: str = "missed", **given: Any) -> Any:
    ending = {key: given.pop(key) for key in ("cause",) if key in given}
    await hotline.pbx.tell("ringing", name, **given)
    await hotline.pbx.tell(end, name, **given, **ending)
    return await hotline.read(name, BACK)


@pytest.mark.parametrize(
    ("end", "cause", "state"), [("missed", None, "MISSED"), ("ended", "caller_hangup", "ABANDONED"), ("ended", None, "MISSED")]
)
async def test_a_missed_call_makes_a_task(hotline: Hotline, end: str, cause: str | None, state: str):
    found = await missed(hotline, end=end, cause=cause)
    assert found["state"] == state
    task = found["callBack"]
    assert task | {"id": "", "plannedAt": ""} == {
        "id": "",
        "kind": "TASK",
        "status": "PLANNED",
        "subject": "回电",
        "plannedAt": "",
        "owner": {"username": "agent1"},
        "party": None,
    }
    seen = await hotline.agents[0].ask("activities", "nodes { id }")
    assert seen["nodes"] == [{"id": task["id"]}]


async def test_the_task_is_for_the_callers_owner_while_they_work_here(hotline: Hotline):
    owner = hotline.agents[1]
    phones = {"phoneNumbers": [{"raw": "13800000000"}]}
    await owner.do("customerCreate", "customer { id }", input={"name": "华为", **phones})
    assert (await missed(hotline))["callBack"]["owner"] == {"username": "agent2"}
    assert (await hotline.read(fields=BACK))["callBack"]["party"] == {"name": "华为"}
    async with hotline.office.database.connection() as connection:
        await connection.execute("UPDATE activity SET status = 'CANCELLED'")
    await hotline.office.admin.do("userUpdate", "user { active }", id=owner.id, version=1, input={"active": False})
    assert (await missed(hotline, "c2"))["callBack"]["owner"] == {"username": "agent1"}


async def test_one_number_has_one_open_task(hotline: Hotline):
    first = (await missed(hotline))["callBack"]
    assert (await missed(hotline, "c2"))["callBack"] == first
    other = (await missed(hotline, "c3", caller="13900000000"))["callBack"]
    assert other["id"] != first["id"]
    await hotline.agents[0].do("activityComplete", "activity { status }", id=first["id"])
    assert (await missed(hotline, "c4"))["callBack"]["id"] not in (first["id"], other["id"])


async def test_one_number_that_was_missed_many_times_at_once_has_one_task(hotline: Hotline):
    for number in range(5):
        await hotline.pbx.tell("ringing", f"c{number}")
    ends = [hotline.pbx.event("missed", f"c{number}") for number in range(5)]
    answers = await asyncio.gather(*(hotline.pbx.post(event) for event in ends))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert await hotline.office.value("SELECT count(*) FROM activity") == 1
    assert await hotline.office.value("SELECT count(*) FROM call WHERE call_back_id IS NOT NULL") == 5


async def test_repetitions_make_no_second_task(hotline: Hotline):
    await missed(hotline)
    await hotline.pbx.tell("missed")
    await hotline.pbx.tell("ended", cause="no_answer")
    assert await hotline.office.value("SELECT count(*) FROM activity") == 1


async def test_who_was_answered_after_all_needs_no_task(hotline: Hotline):
    task = (await missed(hotline))["callBack"]
    await hotline.pbx.tell("answered", second=1.5, agent="1001")
    found = await hotline.read(fields=BACK)
    assert (found["state"], found["callBack"]) == ("ENDED", None)
    assert (await hotline.office.admin.ask("activity", "status", id=task["id"]))["status"] == "CANCELLED"


async def test_a_task_that_another_call_waits_for_stays(hotline: Hotline):
    task = (await missed(hotline))["callBack"]
    await missed(hotline, "c2")
    await hotline.pbx.tell("answered", "c2", second=3.5, agent="1001")
    assert (await hotline.read("c2", BACK))["callBack"] is None
    assert (await hotline.office.admin.ask("activity", "status", id=task["id"]))["status"] == "PLANNED"


NONE = {
    "withheld": {"caller": "anonymous"},
    "no number": {"caller": "call me"},
    "to the outside": {"direction": "outbound", "caller": "1001", "called": "13800000000"},
    "inside": {"direction": "internal", "caller": "1001", "called": "1002"},
    "busy": {"cause": "busy", "end": "ended"},
}


@pytest.mark.parametrize("case", NONE)
async def test_who_needs_no_call_back(hotline: Hotline, case: str):
    found = await missed(hotline, **NONE[case])
    assert found["callBack"] is None
    assert await hotline.office.value("SELECT count(*) FROM activity") == 0


async def test_what_rang_out_unheard_is_lost_and_called_back(hotline: Hotline):
    await hotline.pbx.tell("ringing", second=1)
    early = hotline.pbx.begin + timedelta(seconds=1, minutes=10)
    async with hotline.office.unchanged():
        assert await close_lost(hotline.office.database, early) == 0
    assert await sweep(hotline.office.database) == 1
    found = await hotline.read(fields=BACK)
    assert (found["state"], found["callBack"]["status"]) == ("LOST", "PLANNED")
    assert await hotline.told() == 2
    async with hotline.office.unchanged():
        assert await sweep(hotline.office.database) == 0
    channel = await hotline.read(fields="changes { nodes { verb channel } }")
    assert channel["changes"]["nodes"][0] == {"verb": "call.lost", "channel": "TELEPHONY"}


async def test_a_conversation_is_lost_when_nothing_was_heard_for_half_a_day(hotline: Hotline):
    await hotline.pbx.tell("ringing")
    await hotline.agents[0].do("callClaim", CALL, id=await hotline.call_id())
    now = datetime.now(UTC)
    async with hotline.office.unchanged():
        assert await close_lost(hotline.office.database, now + timedelta(hours=11)) == 0
    assert await close_lost(hotline.office.database, now + timedelta(hours=13)) == 1
    found = await hotline.read(fields=BACK)
    assert (found["state"], found["callBack"]) == ("LOST", None)


async def test_several_watches_close_each_call_once(hotline: Hotline):
    for number in range(60):
        await hotline.pbx.tell("ringing", f"c{number}", caller=f"1380000{number:04}")
    closed = await asyncio.gather(*(sweep(hotline.office.database) for _ in range(3)))
    assert sum(closed) + await sweep(hotline.office.database) == 60
    assert await hotline.office.value("SELECT count(*) FROM call_event WHERE signal = 'LOST'") == 60
    assert await hotline.office.value("SELECT count(*) FROM call WHERE state = 'LOST'") == 60


async def test_news_of_a_lost_call_is_believed(hotline: Hotline):
    await hotline.pbx.tell("ringing", second=1)
    await sweep(hotline.office.database)
    await hotline.pbx.tell("ended", second=9, cause="caller_hangup")
    assert (await hotline.read(fields=BACK))["state"] == "ABANDONED"
