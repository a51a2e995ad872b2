"""Switchboards that say it in words of their own: lists with Beijing's wall clock, Twilio's signed forms, any names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from tests.conftest import make_settings
from tests.customers.calling import Hotline, signed
from tests.factories.api import Office, opened

from crm.config import HookMap
from crm.endpoints.hooks.field_maps import LIST_OF_UTC8, field_map

office = pytest.fixture(opened)
SECRET, TOKEN = "a secret of the switchboard", "0123456789abcdef0123456789abcdef"
BEIJING = timedelta(hours=8)
OWN = {
    "fields": {"call_id": "Id", "state": "What", "from": "A", "to": "B", "at": "When"},
    "states": {"Ring!": "ringing", "Off": "ended"},
    "directions": {"->": "inbound"},
    "zone": "Europe/Berlin",
    "listed": "rows",
}


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(
        database, tmp_path,
        hook_secrets={"list": SECRET, "own": SECRET, "twilio": TOKEN},
        hook_maps={"list": "list-utc8", "own": {**OWN, "fields": {**OWN["fields"], "direction": "Way"}}, "twilio": "twilio"},
    )  # fmt: skip


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def post(hotline: Hotline, source: str, body: Any) -> httpx.Response:
    content = orjson.dumps(body)
    return await hotline.pbx.client.post(f"/hooks/calls/{source}", content=content, headers=signed(content, secret=SECRET))


def local(ago: float = 0) -> str:
    return (datetime.now(UTC) + BEIJING - timedelta(seconds=ago)).strftime("%Y-%m-%d %H:%M:%S")


def said(event: str, ago: float, **more: Any) -> dict[str, Any]:
    base = {"callId": "c1", "callType": "in", "caller": 13800000000, "callee": "4000", "time": local(ago), "event": event}
    return base | more


async def test_a_list_with_the_clock_of_beijing(hotline: Hotline):
    told = [
        said("ring", 60, ringExtensions="1001, 1002"), said("dtmf", 55), said("answer", 50, exten=1002),
        said("hold", 40), said("取消保持", 30), said("挂断", 10, hangupCause="normal"),
    ]  # fmt: skip
    for _ in range(2):
        answer = await post(hotline, "list", {"data": told})
        new = 5 if _ == 0 else 0
        assert (answer.status_code, answer.json()) == (200, {"received": 6, "new": new, "ignored": 1})
    assert (await post(hotline, "list", told)).json() == {"received": 6, "new": 0, "ignored": 1}, "a bare list as well"
    found = await hotline.read()
    assert (found["state"], found["claimedBy"]) == ("ENDED", {"username": "agent2"})
    assert found["number"]["raw"] == "13800000000"
    ringing = datetime.fromisoformat(found["ringingAt"])
    assert abs((datetime.now(UTC) - ringing).total_seconds() - 60) < 5, "UTC+8, not UTC"
    signals = await hotline.office.rows("SELECT signal FROM call_event ORDER BY at")
    assert [row["signal"] for row in signals] == ["RINGING", "ANSWERED", "HELD", "ANSWERED", "ENDED"]


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no call": ({"callId": None}, "callId"),
    "no time": ({"time": "yesterday"}, "eventTime"),
    "no such day": ({"time": "2026-02-30 09:00:00"}, "eventTime"),
    "ahead of the clock": ({"time": "2999-01-01 00:00:00"}, "eventTime"),
    "a direction of nowhere": ({"callType": "sideways"}, "callType"),
    "a script": ({"recordUrl": "javascript:alert(1)"}, "recordUrl"),
    "a list for a number": ({"caller": [1]}, "caller"),
}  # fmt: skip


async def test_what_is_wrong_is_told_by_the_senders_own_name(hotline: Hotline):
    async with hotline.office.unchanged():
        for what, (changed, field) in BAD.items():
            answer = await post(hotline, "list", [said("ring", 5) | changed])
            assert (answer.status_code, answer.json().get("field")) == (400, f"0.{field}"), what
        for body in (5, "x", [5], {"data": [None]}):
            assert (await post(hotline, "list", body)).status_code == 400
        answer = await hotline.pbx.client.post("/hooks/calls/list", content=b"[]", headers=signed(b"[]", secret="another one"))
        assert answer.status_code == 401


async def test_names_and_words_of_ones_own(hotline: Hotline):
    def row(what: str) -> dict[str, str]:
        when = datetime.now(field_map(HookMap.model_validate(OWN)).zone).strftime("%Y/%m/%d %H:%M:%S")
        return {"Id": "x1", "What": what, "Way": "->", "A": "13800000000", "B": "4000", "When": when}

    assert (await post(hotline, "own", {"rows": [row("ring!"), row("Moved"), row("OFF")]})).json() == {
        "received": 3, "new": 2, "ignored": 1,
    }  # fmt: skip
    found = await hotline.read("x1")
    assert found["state"] == "MISSED"
    assert abs((datetime.now(UTC) - datetime.fromisoformat(found["ringingAt"])).total_seconds()) < 60


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-31 09:00:00", "2026-01-31T09:00:00+08:00"), ("2026/1/3 9:00:00.25", "2026-01-03T09:00:00.250000+08:00"),
        ("2026-01-31T09:00:00", "2026-01-31T09:00:00+08:00"), ("1769821200", "2026-01-31T01:00:00+00:00"),
        ("1769821200000", "2026-01-31T01:00:00+00:00"), ("2026-01-31T09:00:00Z", "2026-01-31T09:00:00Z"), ("soon", "soon"),
    ],
)  # fmt: skip
def test_times(written: str, expected: str):
    event = LIST_OF_UTC8.event({"callId": "c", "event": "ring", "time": written})
    assert event
    assert event["at"] == expected


def test_an_event_without_a_name_gets_the_same_one_each_time():
    one = LIST_OF_UTC8.event(said("ring", 0, callId="x" * 120, time="2026-01-31 09:00:00"))
    assert one == LIST_OF_UTC8.event(said("ring", 0, callId="x" * 120, time="2026-01-31 09:00:00"))
    other = LIST_OF_UTC8.event(said("answer", 0, callId="x" * 120, time="2026-01-31 09:00:00"))
    assert one
    assert other
    assert one["event_id"] != other["event_id"]
    assert max(len(one["event_id"]), len(other["event_id"])) <= 128


def sign(url: str, form: dict[str, str], token: str = TOKEN) -> str:
    """As the provider's manual says it."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


async def twilio(hotline: Hotline, form: dict[str, str], url: str = "https://crm.test/hooks/calls/twilio", **other: str) -> Any:
    headers = {"X-Twilio-Signature": sign(url, form), "Content-Type": "application/x-www-form-urlencoded"} | other
    path = url.removeprefix("https://crm.test").removeprefix("http://crm.test")
    return await hotline.pbx.client.post(path, content=urlencode(form), headers=headers)


def callback(status: str, sid: str = "CA1", ago: float = 0, **more: str) -> dict[str, str]:
    at = format_datetime(datetime.now(UTC) - timedelta(seconds=ago))
    base = {"CallSid": sid, "CallStatus": status, "From": "+8613800000000", "To": "+864000000", "Direction": "inbound"}
    return base | {"Timestamp": at, "AccountSid": "AC1", "Caller": "王小明 & Co"} | more


def leg(status: str, sid: str, person: str, ago: float) -> dict[str, str]:
    return callback(status, sid, ago, ParentCallSid="CA1", Direction="outbound-dial", To=f"sip:{person}@pbx.test")


async def test_twilio_rings_two_of_whom_one_answers(hotline: Hotline):
    story = [
        callback("ringing", ago=60), callback("in-progress", ago=59), leg("initiated", "CA2", "1001", 58),
        leg("ringing", "CA2", "1001", 57), leg("ringing", "CA3", "1002", 57), leg("in-progress", "CA3", "1002", 50),
        leg("no-answer", "CA2", "1001", 50), leg("completed", "CA3", "1002", 10),
    ]  # fmt: skip
    new = [(await twilio(hotline, form)).json()["new"] for form in story]
    assert new == [1, 0, 0, 1, 1, 1, 1, 1]
    assert (await hotline.read("CA1"))["state"] == "ANSWERED", "the caller is still on the line"
    assert (await twilio(hotline, callback("completed", ago=9))).json() == {"received": 1, "new": 1}
    found = await hotline.read("CA1")
    assert (found["state"], found["claimedBy"], found["direction"]) == ("ENDED", {"username": "agent2"}, "INBOUND")
    assert [each["username"] for each in found["candidates"]] == ["agent1", "agent2"]
    async with hotline.office.unchanged():  # what was overheard is worth nothing a second time
        assert [(await twilio(hotline, form)).json()["new"] for form in story] == [0] * len(story)


async def test_twilio_missed_and_dialled_by_an_agent(hotline: Hotline):
    await twilio(hotline, callback("ringing", ago=30))
    await twilio(hotline, leg("busy", "CA2", "1001", 20))
    await twilio(hotline, callback("completed", ago=10))
    assert (await hotline.read("CA1"))["state"] == "BUSY"
    mine = {"From": "client:1001", "To": "+8657187654321", "Direction": "outbound-api"}
    for status in ("ringing", "in-progress", "completed"):
        assert (await twilio(hotline, callback(status, "CA9", **mine))).json()["new"] == 1
    found = await hotline.read("CA9")
    assert (found["state"], found["direction"], found["line"]) == ("ENDED", "OUTBOUND", "1001")
    assert (found["claimedBy"], found["number"]["e164"]) == ({"username": "agent1"}, "+8657187654321")


async def test_twilio_forged_is_not_heard(hotline: Hotline):
    form, url = callback("ringing"), "https://crm.test/hooks/calls/twilio"
    wrong = [
        {"X-Twilio-Signature": ""}, {"X-Twilio-Signature": sign(url, form, "another token that is as long")},
        {"X-Twilio-Signature": sign(url, form | {"From": "+1"})}, {"X-Twilio-Signature": sign(f"{url}?x=1", form)},
        {"X-Twilio-Signature": sign(url, form), "Host": "other.test"},
        {"X-Twilio-Signature": "\xe9".encode("latin-1").decode("latin-1")},
    ]  # fmt: skip
    async with hotline.office.unchanged():
        for headers in wrong:
            sent = {name: value.encode("latin-1") for name, value in headers.items()}
            answer = await hotline.pbx.client.post("/hooks/calls/twilio", content=urlencode(form), headers=sent)
            assert (answer.status_code, list(answer.json())) == (401, ["error"])
        body = orjson.dumps(form)
        ours = signed(body, secret=TOKEN)
        assert (await hotline.pbx.client.post("/hooks/calls/twilio", content=body, headers=ours)).status_code == 401
        stamped = {"X-Crm-Timestamp": str(int(time.time())), "X-Twilio-Signature": sign(url, form)}
        answer = await hotline.pbx.client.post("/hooks/calls/list", content=urlencode(form), headers=stamped)
        assert answer.status_code == 401, "a source without that map is signed our way"
        assert (await twilio(hotline, {"CallStatus": "ringing"})).json()["field"] == "CallSid"
        assert (await twilio(hotline, callback("ringing", Timestamp="never", From="x" * 200))).json()["field"] == "from"
    assert (await twilio(hotline, form, "http://crm.test/hooks/calls/twilio?line=1")).status_code == 200
