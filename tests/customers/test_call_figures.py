"""Figures of calls: counted once, under the viewer's rights, by agent, line, group and time; and the history they are made of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened

office = pytest.fixture(opened)
COUNTED = """offered answered missed abandoned failed answeredWithin made madeAnswered
    meanRingSeconds meanTalkSeconds talkSeconds serviceLevel"""


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    """A morning: two answered, one after 30 seconds; one missed, one given up, one busy; two made, one answered."""
    made = await Hotline(office).staffed()
    tell = made.pbx.tell
    for name, second, ring, talk, agent in (("a", 0, 5, 100, "1001"), ("b", 200, 30, 51, "1002")):
        await tell("ringing", name, second)
        await tell("answered", name, second + ring, agent=agent)
        await tell("ended", name, second + ring + talk, cause="normal_clearing")
    for name, second, end, cause in (
        ("m", 400, "missed", None),
        ("g", 500, "ended", "caller_hangup"),
        ("u", 600, "ended", "busy"),
    ):
        await tell("ringing", name, second, called="1001" if name == "g" else "4000")
        await tell(end, name, second + 20, called="1001" if name == "g" else "4000", **({"cause": cause} if cause else {}))
    for name, answer in (("o", True), ("p", False)):
        out = {"direction": "outbound", "caller": "1002", "called": "13911112222", "agent": "1002"}
        await tell("ringing", name, 700, **out)
        if answer:
            await tell("answered", name, 710, **out)
        await tell("ended", name, 731, **out)
    return made


def period(hotline: Hotline, **given: Any) -> dict[str, Any]:
    begin = hotline.pbx.begin
    return {"from": begin.isoformat(), "to": (begin + timedelta(hours=1)).isoformat(), **given}


async def figures(who: Api, hotline: Hotline, by: str, more: str = "", **given: Any) -> list[dict[str, Any]]:
    return list(await who.ask("callFigures", f"{COUNTED} {more}", **period(hotline, by=by, **given)))


async def test_all_calls_of_a_morning(hotline: Hotline):
    assert await figures(hotline.office.admin, hotline, "ALL") == [{
        "offered": 5, "answered": 2, "missed": 1, "abandoned": 1, "failed": 1, "answeredWithin": 1, "made": 2, "madeAnswered": 1,
        "meanRingSeconds": "17.5", "meanTalkSeconds": "57.3", "talkSeconds": 172, "serviceLevel": "20.0",
    }]  # fmt: skip
    (wider,) = await figures(hotline.office.admin, hotline, "ALL", withinSeconds=30)
    assert (wider["answeredWithin"], wider["serviceLevel"]) == (2, "40.0")
    (long,) = await figures(hotline.office.admin, hotline, "ALL", filter={"talkSeconds": {"gte": 60}})
    assert (long["offered"], long["made"]) == (1, 0)
    assert await figures(hotline.office.admin, hotline, "ALL", filter={"line": {"eq": "no line"}}) == []


async def test_by_agent_line_group_and_time(hotline: Hotline):
    admin = hotline.office.admin
    people = {each["agent"]["username"]: each for each in await figures(admin, hotline, "AGENT", "agent { username }")}
    shown = ("offered", "answered", "missed", "abandoned", "made")
    assert [people["agent1"][name] for name in shown] == [5, 1, 1, 1, 0]
    assert [people["agent2"][name] for name in shown] == [4, 1, 1, 0, 2]
    lines = {each["line"]: each["offered"] for each in await figures(admin, hotline, "LINE", "line")}
    assert lines == {"4000": 4, "1001": 1, "1002": 0}
    groups = {
        (each["ringGroup"] or {}).get("name"): each["offered"]
        for each in await figures(admin, hotline, "RING_GROUP", "ringGroup { name }")
    }
    assert groups == {"hotline": 4, None: 1}
    for by in ("HOUR", "DAY", "WEEK", "MONTH"):
        rows = await figures(admin, hotline, by, "startsAt agent { id } line", timeZone="Asia/Shanghai")
        assert sum(each["offered"] for each in rows) == 5
        assert {(each["agent"], each["line"]) for each in rows} == {(None, None)}
        starts = [each["startsAt"] for each in rows]
        assert starts == sorted(starts)
        if by != "HOUR":
            assert {start[11:] for start in starts} == {"16:00:00+00:00"}, "midnight in Shanghai"


async def test_only_calls_that_one_sees_are_counted(hotline: Hotline):
    office, (first, second) = hotline.office, hotline.agents
    # The first was rung by all but those that the second made.
    assert [(each["offered"], each["made"]) for each in await figures(first, hotline, "ALL")] == [(5, 0)]
    assert [(each["offered"], each["made"]) for each in await figures(second, hotline, "ALL")] == [(4, 2)]
    assert await figures(await office.hire("stranger", AGENT), hotline, "AGENT") == []
    none = await office.hire("none", {})
    assert (await none.asked("callFigures", "offered", **period(hotline, by="ALL"))).codes == ["FORBIDDEN"]
    hiding = {"AGENT": "claimedBy", "LINE": "line", "RING_GROUP": "ringGroup", "ALL": "talkSeconds"}
    for by, field in hiding.items():
        who = await office.hire(f"without.{field}", {"call.READ": "ALL"}, hidden=[f"call.{field}"])
        assert (await who.asked("callFigures", "offered", **period(hotline, by=by))).codes == ["FORBIDDEN"], by
    blind = await office.hire("blind", {"call.READ": "ALL"}, hidden=["call.number"])
    asked = period(hotline, by="ALL", filter={"numberE164": {"contains": "1380"}})
    assert (await blind.asked("callFigures", "offered", **asked)).codes == ["FORBIDDEN"]


async def test_odd_questions_are_refused(hotline: Hotline):
    begin = hotline.pbx.begin
    wrongs: list[dict[str, Any]] = [
        {"to": (begin - timedelta(hours=1)).isoformat()}, {"to": begin.isoformat()},
        {"from": (begin - timedelta(days=3650)).isoformat()}, {"withinSeconds": -1}, {"withinSeconds": 99_999},
        {"timeZone": "Mars/Base"}, {"timeZone": "../etc/passwd"}, {"timeZone": ""},
    ]  # fmt: skip
    for wrong in wrongs:
        asked = period(hotline, by="DAY") | wrong
        expected = [] if wrong == {"timeZone": ""} else ["BAD_USER_INPUT"]
        assert (await hotline.office.admin.asked("callFigures", "offered", **asked)).codes == expected, wrong
    many = period(hotline, by="HOUR") | {"from": (begin - timedelta(days=300)).isoformat()}
    assert (await hotline.office.admin.asked("callFigures", "offered", **many)).codes == [], "hours without calls are none"


async def test_the_history_is_searched_and_ordered(hotline: Hotline):
    admin = hotline.office.admin
    number = {"numberE164": {"contains": "1111222"}}
    cases = {
        "by a part of the number": (number, 2),
        "by duration": ({"talkSeconds": {"gte": 50, "lt": 100}}, 1),
        "by who had it": ({"claimedBy": {"username": {"eq": "agent1"}}}, 1),
        "by line and state": ({"line": {"eq": "4000"}, "state": {"in": ["MISSED", "BUSY"]}}, 2),
        "by direction": ({"direction": {"eq": "OUTBOUND"}}, 2),
        "by time": ({"ringingAt": {"lt": (hotline.pbx.begin + timedelta(seconds=300)).isoformat()}}, 2),
    }
    for case, (wanted, count) in cases.items():
        assert (await admin.ask("calls", "totalCount", filter=wanted))["totalCount"] == count, case
    order, spoken = [{"field": "TALK_SECONDS", "direction": "DESC"}], {"talkSeconds": {"isNull": False}}
    longest = await admin.ask("calls", "nodes { talkSeconds ringSeconds }", first=5, orderBy=order, filter=spoken)
    assert longest["nodes"] == [
        {"talkSeconds": 100, "ringSeconds": 5}, {"talkSeconds": 51, "ringSeconds": 30}, {"talkSeconds": 21, "ringSeconds": 10},
    ]  # fmt: skip


async def test_who_may_not_hear_recordings_does_not_learn_where_they_are(hotline: Hotline):
    office = hotline.office
    await hotline.pbx.tell("ended", "a", 106, recording_url="https://pbx.test/a.wav")
    deaf = await office.hire("deaf", {"call.READ": "ALL"}, hidden=["call.recordingUrl"])
    key = await hotline.call_id("a")
    assert (await office.admin.ask("call", "recordingUrl", id=key)) == {"recordingUrl": "https://pbx.test/a.wav"}
    answer = await deaf.asked("call", "state recordingUrl changes { nodes { fields { field new } } }", id=key)
    assert (answer.codes, answer.data["call"]["recordingUrl"]) == (["FORBIDDEN"], None)
    assert "a.wav" not in str(answer.body)
