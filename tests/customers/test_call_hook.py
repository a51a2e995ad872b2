"""The telephony webhook: who may speak, what is taken, and that repetition, delay and disorder make no difference."""

from __future__ import annotations

import asyncio
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from tests.conftest import make_settings
from tests.customers.calling import FIELDS, SECRET, SETTINGS, Hotline, signed
from tests.factories.api import Office, opened

office = pytest.fixture(opened)


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


def without(event: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != name}


async def test_a_ringing_call_is_stored_and_told_to_everybody_it_rings(hotline: Hotline):
    event = await hotline.pbx.tell("ringing")
    found = await hotline.read()
    assert found == {
        "id": found["id"],
        "state": "RINGING",
        "direction": "INBOUND",
        "number": {"e164": "+8613800000000", "raw": "13800000000", "display": "138 0000 0000"},
        "line": "4000",
        "ringingAt": event["at"],
        "answeredAt": None,
        "endedAt": None,
        "candidates": [{"username": "agent1"}, {"username": "agent2"}],
        "claimedBy": None,
        "owner": None,
        "party": None,
        "contact": None,
        "actions": ["CLAIM", "LINK"],
        "matches": [],
    }
    rows = await hotline.office.rows("SELECT record_id, audience FROM event WHERE topic = 'incomingCalls'")
    assert [(str(row["record_id"]), {str(each) for each in row["audience"]}) for row in rows] == [
        (found["id"], {agent.id for agent in hotline.agents})
    ]
    log = await hotline.read(fields="version changes { nodes { verb channel actor { id } fields { field old new } } }")
    assert log["version"] == 1
    assert [(each["verb"], each["channel"], each["actor"]) for each in log["changes"]["nodes"]] == [
        ("call.ringing", "TELEPHONY", None)
    ]
    assert {"field": "state", "old": None, "new": "RINGING"} in log["changes"]["nodes"][0]["fields"]
    assert {"field": "number", "old": None, "new": "138 0000 0000"} in log["changes"]["nodes"][0]["fields"]


WRONG_SIGNATURES = {
    "none": lambda body: {"X-Other": "1"},
    "no timestamp": lambda body: {"X-Crm-Signature": signed(body)["X-Crm-Signature"]},
    "another secret": lambda body: signed(body, secret="another"),
    "another body": lambda body: signed(body + b" "),
    "another version": lambda body: signed(body) | {"X-Crm-Signature": signed(body)["X-Crm-Signature"].replace("v1", "v2")},
    "too old": lambda body: signed(body, at=time.time() - 400),
    "too new": lambda body: signed(body, at=time.time() + 400),
    "not a number": lambda body: signed(body) | {"X-Crm-Timestamp": "now"},
    "a timestamp that was changed": lambda body: signed(body) | {"X-Crm-Timestamp": str(int(time.time()) - 1)},
    "not ascii": lambda body: signed(body) | {"X-Crm-Signature": "v1=\xe9"},
}


@pytest.mark.parametrize("wrong", WRONG_SIGNATURES)
async def test_who_cannot_sign_is_not_heard(hotline: Hotline, wrong: str):
    body = orjson.dumps(hotline.pbx.event("ringing"))
    headers = {name: value.encode("latin-1") for name, value in WRONG_SIGNATURES[wrong](body).items()}
    async with hotline.office.unchanged():
        answer = await hotline.pbx.client.post("/hooks/calls/pbx", content=body, headers=headers)
        assert answer.status_code == 401
        assert list(answer.json()) == ["error"]


async def test_an_unknown_source_looks_like_a_wrong_signature(hotline: Hotline):
    body = orjson.dumps(hotline.pbx.event("ringing"))
    async with hotline.office.unchanged():
        unknown = await hotline.pbx.post(body, source="nobody")
        wrong = await hotline.pbx.post(body, **signed(body, secret="another"))
        assert (unknown.status_code, unknown.content) == (wrong.status_code, wrong.content) == (401, wrong.content)


async def test_while_a_secret_changes_one_of_several_signatures_is_enough(hotline: Hotline):
    body = orjson.dumps(hotline.pbx.event("ringing"))
    both = f"{signed(body, secret='the next one')['X-Crm-Signature']}, {signed(body)['X-Crm-Signature']}"
    assert (await hotline.pbx.post(body, **(signed(body) | {"X-Crm-Signature": both}))).json() == {"received": 1, "new": 1}
    assert SECRET not in await hotline.office.value("SELECT string_agg(x::text, '') FROM call_event x")


FUTURE = (datetime.now(UTC) + timedelta(days=30)).isoformat()
BAD_FIELDS: dict[str, tuple[dict[str, Any], str]] = {
    **{f"no {name}": ({name: ...}, name) for name in ("event_id", "call_id", "state", "direction", "from", "to", "at")},
    "blank event id": ({"event_id": " "}, "event_id"),
    "long event id": ({"event_id": "x" * 129}, "event_id"),
    "number for a text": ({"call_id": 5}, "call_id"),
    "null for a text": ({"from": None}, "from"),
    "NUL": ({"to": "40\0"}, "to"),
    "state in capitals": ({"state": "RINGING"}, "state"),
    "state of the screen": ({"state": "claimed"}, "state"),
    "unknown direction": ({"direction": "sideways"}, "direction"),
    "local time": ({"at": "2026-01-31T09:00:00"}, "at"),
    "no time": ({"at": "2026-01-31"}, "at"),
    "no such day": ({"at": "2026-02-30T09:00:00Z"}, "at"),
    "before all calendars": ({"at": "0001-01-01T00:00:00+08:00"}, "at"),
    "future": ({"at": FUTURE}, "at"),
    "seconds since 1970": ({"at": 1_700_000_000}, "at"),
    "one extension": ({"extensions": "1001"}, "extensions"),
    "extension as number": ({"extensions": [1001]}, "extensions"),
    "script for a recording": ({"recording_url": "javascript:alert(1)"}, "recording_url"),
    "script behind http": ({"recording_url": "http:javascript:alert(1)"}, "recording_url"),
    "list of causes": ({"cause": ["busy"]}, "cause"),
}


@pytest.mark.parametrize("bad", BAD_FIELDS)
async def test_a_wrong_field_is_named_and_nothing_is_stored(hotline: Hotline, bad: str):
    changed, field = BAD_FIELDS[bad]
    event = {name: value for name, value in (hotline.pbx.event("ringing") | changed).items() if value is not ...}
    async with hotline.office.unchanged():
        answer = await hotline.pbx.post(event)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
        answer = await hotline.pbx.post([hotline.pbx.event("ringing", "c2"), event])
        assert (answer.status_code, answer.json()["field"]) == (400, f"1.{field}")


@pytest.mark.parametrize("body", [b"", b"{", b"5", b'"ringing"', b"[1]", b"null", b'{"a": \xff}'])
async def test_what_is_no_event_is_refused(hotline: Hotline, body: bytes):
    async with hotline.office.unchanged():
        assert (await hotline.pbx.post(body)).status_code == 400


async def test_too_much_at_once_is_refused(hotline: Hotline):
    async with hotline.office.unchanged():
        assert (await hotline.pbx.post([hotline.pbx.event("ringing")] * 501)).status_code == 413
        assert (await hotline.pbx.post(b" " * (256 * 1024 + 1))).status_code == 413
        assert (await hotline.pbx.client.get("/hooks/calls/pbx")).status_code == 405


async def test_an_empty_list_is_nothing(hotline: Hotline):
    async with hotline.office.unchanged():
        answer = await hotline.pbx.post([])
        assert (answer.status_code, answer.json()) == (200, {"received": 0, "new": 0})


async def test_a_repetition_does_nothing(hotline: Hotline):
    event = await hotline.pbx.tell("ringing")
    async with hotline.office.unchanged():
        for again in (event, event | {"state": "ended"}, event | {"call_id": "another"}, [event, event]):
            answer = await hotline.pbx.post(again)
            assert answer.status_code == 200
            assert answer.json()["new"] == 0


async def test_the_same_event_delivered_in_parallel_counts_once(hotline: Hotline):
    event = hotline.pbx.event("ringing")
    answers = await asyncio.gather(*(hotline.pbx.post(event) for _ in range(8)))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sorted(answer.json()["new"] for answer in answers) == [0] * 7 + [1]
    assert await hotline.told() == 1
    assert await hotline.office.value("SELECT count(*) FROM call") == 1


async def test_first_events_in_parallel_make_one_call(hotline: Hotline):
    events = [hotline.pbx.event("ringing", extensions=[f"100{n % 2 + 1}"], leg_id=f"l{n}") for n in range(6)]
    answers = await asyncio.gather(*(hotline.pbx.post(event) for event in events))
    assert [answer.json() for answer in answers] == [{"received": 1, "new": 1}] * 6
    assert await hotline.office.value("SELECT count(*) FROM call") == 1
    found = await hotline.read()
    assert sorted(each["username"] for each in found["candidates"]) == ["agent1", "agent2"]
    assert found["ringingAt"] == events[0]["at"]


async def test_lists_in_parallel_that_share_calls_all_get_through(hotline: Hotline):
    lists = [[hotline.pbx.event("ringing", f"c{n}", leg_id=f"l{turn}") for n in range(5)] for turn in range(4)]
    lists = [events if turn % 2 else events[::-1] for turn, events in enumerate(lists)]
    answers = await asyncio.gather(*(hotline.pbx.post(events) for events in lists))
    assert [answer.json() for answer in answers] == [{"received": 5, "new": 5}] * 4
    assert await hotline.office.value("SELECT count(*) FROM call") == 5


ORDERED = ("id", "candidates")
STORIES: dict[str, list[dict[str, Any]]] = {
    "answered": [
        {"state": "ringing"},
        {"state": "answered", "agent": "1002"},
        {"state": "held"},
        {"state": "ended", "cause": "normal", "recording_url": "https://pbx.test/1.wav"},
    ],
    "handed on": [
        {"state": "ringing", "extensions": ["1001"]},
        {"state": "answered", "agent": "1001"},
        {"state": "transferred", "agent": "1002"},
        {"state": "answered", "agent": "agent2"},
    ],
    "missed": [
        {"state": "ringing", "extensions": ["1001"], "leg_id": "a"},
        {"state": "ringing", "extensions": ["1002"], "leg_id": "b"},
        {"state": "missed", "leg_id": "a"},
        {"state": "ended", "leg_id": "b", "cause": "busy"},
    ],
}


@pytest.mark.parametrize("story", STORIES)
async def test_the_order_of_arrival_makes_no_difference(hotline: Hotline, story: str):
    fields = f"{FIELDS} recordingUrl cause claimedAt expiresAt callBack {{ status }}"
    results = []
    for number, order in enumerate(itertools.permutations(range(4))):
        name = f"{story} {number}"
        caller = f"1380000{number:04}"
        events = [hotline.pbx.event(call=name, second=place, caller=caller, **told) for place, told in enumerate(STORIES[story])]
        for place in order:
            assert (await hotline.pbx.post(events[place])).json()["new"] == 1
        found = await hotline.read(name, fields)
        found["candidates"] = sorted(each["username"] for each in found["candidates"])
        results.append({key: value for key, value in found.items() if key not in ("id", "number")})
    assert results == [results[0]] * len(results)
    at_once = [hotline.pbx.event(call="all", second=place, **told) for place, told in enumerate(STORIES[story])]
    assert (await hotline.pbx.post(at_once)).json() == {"received": 4, "new": 4}
    found = await hotline.read("all", fields)
    assert found["state"] == results[0]["state"] == {"answered": "ENDED", "handed on": "ANSWERED", "missed": "MISSED"}[story]
    assert (found["claimedBy"], found["callBack"]) == (results[0]["claimedBy"], results[0]["callBack"])


async def test_what_has_ended_never_rings_again(hotline: Hotline):
    await hotline.pbx.tell("ended", second=5)
    await hotline.pbx.tell("ringing", second=1)
    found = await hotline.read()
    assert found["state"] == "MISSED"
    assert len(found["candidates"]) == 2
    await hotline.pbx.tell("ringing", second=9)
    assert (await hotline.read())["state"] == "MISSED"


async def test_every_change_is_pushed_and_nothing_else(hotline: Hotline):
    await hotline.pbx.tell("ringing", second=1)
    await hotline.pbx.tell("answered", second=2, agent="1001")
    assert await hotline.told() == 2
    await hotline.pbx.tell("answered", second=3, agent="1001")
    assert await hotline.told() == 2
    await hotline.pbx.tell("ended", second=4, recording_url="https://pbx.test/1.wav")
    assert await hotline.told() == 3
    verbs = await hotline.read(fields="changes { nodes { verb } }")
    assert [each["verb"] for each in verbs["changes"]["nodes"]] == ["call.ended", "call.answered", "call.ringing"]


TARGETS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "by extensions": ({"extensions": ["1002", "9999"]}, ["agent2"]),
    "extensions that nobody has": ({"extensions": ["9999"]}, []),
    "no extensions": ({"extensions": []}, ["agent1", "agent2"]),
    "an agent's extension": ({"called": "1001"}, ["agent1"]),
    "a group's number": ({"called": "4000"}, ["agent1", "agent2"]),
    "a group's number written otherwise": ({"called": "0571-8765 4321"}, ["agent1", "agent2"]),
    "a group's number of the world": ({"called": "+86 571 87654321"}, ["agent1", "agent2"]),
    "a group's name": ({"called": "HotLine"}, ["agent1", "agent2"]),
    "nobody's number": ({"called": "5000"}, []),
    "from the inside": ({"direction": "internal", "caller": "1001", "called": "1002"}, ["agent2"]),
    "to the outside, by its agent": ({"direction": "outbound", "caller": "4000", "called": "13900000000", "agent": "agent1"},
                                     ["agent1"]),
    "to the outside, by its extension": ({"direction": "outbound", "caller": "1002", "called": "13900000000"}, ["agent2"]),
}  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
async def test_whom_a_call_rings(office: Office, target: str):
    hotline = await Hotline(office).staffed(numbers=["4000", "057187654321"])
    given, expected = TARGETS[target]
    await hotline.pbx.tell("ringing", **given)
    found = await hotline.read()
    assert [each["username"] for each in found["candidates"]] == expected
    assert await hotline.told() == (1 if expected else 0), "a call that rings nobody is told to nobody"


async def test_somebody_who_has_left_is_not_rung(hotline: Hotline):
    await hotline.office.admin.do("userUpdate", "user { active }", id=hotline.agents[0].id, version=1, input={"active": False})
    await hotline.pbx.tell("ringing")
    await hotline.pbx.tell("ringing", "c2", extensions=["1001"])
    assert [each["username"] for each in (await hotline.read())["candidates"]] == ["agent2"]
    assert (await hotline.read("c2"))["candidates"] == []


NUMBERS: dict[str, tuple[str, Any]] = {
    "withheld": ("anonymous", {"e164": None, "raw": "anonymous", "display": "anonymous"}),
    "none": ("", None),
    "letters": ("call me", {"e164": None, "raw": "call me", "display": "call me"}),
    "40 digits": ("1" * 40, {"e164": None, "raw": "1" * 40, "display": "1" * 40}),
    "too long to keep": ("1" * 128, {"e164": None, "raw": "1" * 64, "display": "1" * 64}),
    "short": ("10086", {"e164": None, "raw": "10086", "display": "10086"}),
    "with an extension": ("0571-87654321-802",
                          {"e164": "+8657187654321", "raw": "0571-87654321-802", "display": "0571 8765 4321-802"}),
}  # fmt: skip


@pytest.mark.parametrize("written", NUMBERS)
async def test_no_call_is_refused_for_its_number(hotline: Hotline, written: str):
    caller, expected = NUMBERS[written]
    await hotline.pbx.tell("ringing", caller=caller)
    found = await hotline.read()
    assert (found["number"], found["matches"]) == (expected, [])


async def test_a_group_says_how_long_a_popup_makes_sense(office: Office):
    hotline = await Hotline(office).staffed(ringSeconds=25)
    event = await hotline.pbx.tell("ringing")
    other = await hotline.pbx.tell("ringing", "c2", called="1001")
    for name, told, seconds in (("c1", event, 25), ("c2", other, 60)):
        expires = (await hotline.read(name, "expiresAt"))["expiresAt"]
        assert expires == (datetime.fromisoformat(told["at"]) + timedelta(seconds=seconds)).isoformat()
