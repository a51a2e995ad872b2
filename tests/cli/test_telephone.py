"""The demo's telephone: what it sends, to whom, and how its calls end."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from crm.cli.demo.callers import APART_EXTENSIONS, TEAM_EXTENSIONS, WITHHELD, Caller, Callers, Incoming
from crm.cli.demo.office import HOTLINE_NUMBER
from crm.cli.demo.telephone import PATH, Hook, Standing, Switchboard, Telephone, Tempo
from crm.cli.synthetic.dice import Dice
from crm.rules.customers.phone_numbers import is_withheld, parse

SECRET = "a secret of the demo"
QUICK = Tempo(first=0, ring=(0.1, 0.15), talk=(0.1, 0.15), look=0.01)
CALLERS = Callers(["+8613800000001", "+8613800000002"], ["+8613900000001"], ["+8613700000001"])


class Received:
    """A server that keeps what it was sent, and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, Mapping[str, str], bytes]] = []
        self.statuses = [200]
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, {name.lower(): text for name, text in self.headers.items()}, body))
                self.send_response(outer.statuses[min(len(outer.requests), len(outer.statuses)) - 1])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.requests]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def received() -> Iterator[Received]:
    server = Received()
    yield server
    server.close()


async def test_every_message_is_signed_and_says_who_calls_whom(received: Received):
    before = int(time.time())
    await Hook(received.address, SECRET).tell("call-1", Incoming(Caller.KNOWN, "+8613800000001", "4000"), "ringing")
    ((path, headers, body),) = received.requests
    assert path == PATH == "/hooks/calls/demo"
    at = headers["x-crm-timestamp"]
    assert before <= int(at) <= time.time()
    assert headers["x-crm-signature"] == "v1=" + hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    event = json.loads(body)
    assert datetime.fromisoformat(event.pop("at")).utcoffset() is not None
    assert event == {
        "event_id": "call-1-ringing", "call_id": "call-1", "state": "ringing", "direction": "inbound",
        "from": "+8613800000001", "to": "4000",
    }  # fmt: skip


async def test_a_refused_message_is_not_repeated(received: Received):
    received.statuses = [401]
    await Hook(received.address, SECRET).tell("call-1", Incoming(Caller.KNOWN, "1", "4000"), "ringing")
    assert len(received.requests) == 1


async def test_a_server_that_is_gone_is_borne(received: Received, monkeypatch):
    monkeypatch.setattr("crm.cli.demo.telephone.ATTEMPTS", 1)
    received.close()
    await Hook(received.address, SECRET).tell("call-1", Incoming(Caller.KNOWN, "1", "4000"), "ringing")
    assert received.requests == []


def test_callers_are_mixed():
    dice = Dice("mixed")
    calls = [CALLERS.next(dice) for _ in range(3_000)]
    counts = Counter(call.caller for call in calls)
    assert set(counts) == set(Caller)
    assert all(count > 90 for count in counts.values()), counts
    assert sum(call.dialled == HOTLINE_NUMBER for call in calls) > 1_000
    assert {call.dialled for call in calls} == {HOTLINE_NUMBER, *TEAM_EXTENSIONS, *APART_EXTENSIONS}
    for call in calls:
        match call.caller:
            case Caller.RESTRICTED:
                theirs = call.number in CALLERS.apart
                assert call.dialled in (TEAM_EXTENSIONS if theirs else APART_EXTENSIONS)
            case Caller.WITHHELD:
                assert call.number in WITHHELD
                assert is_withheld(call.number)
            case Caller.UNKNOWN:
                assert parse(call.number).e164 == call.number
            case Caller.AMBIGUOUS:
                assert call.number in CALLERS.ambiguous


def test_without_customers_everybody_is_unknown():
    dice = Dice("nobody")
    callers = {Callers([], [], []).next(dice).caller for _ in range(200)}
    assert callers == {Caller.UNKNOWN, Caller.WITHHELD}


async def ring(received: Received, taken: bool, *, ended_on_screen: bool = False) -> dict[str, list[str]]:
    """What is told of each call when all of them are taken, or none."""

    async def look(calls: Sequence[str]) -> Mapping[str, Standing]:
        return {call: Standing(taken, goes_on=not ended_on_screen) for call in calls}

    tempo = QUICK if not ended_on_screen else Tempo(first=0, ring=(0.1, 0.15), talk=(600, 600), look=0.01)
    board = Switchboard(Hook(received.address, SECRET), CALLERS, 600, look, tempo, Dice("ring"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(board.run(), 1.5)
    told: dict[str, list[str]] = {}
    for event in received.events:
        told.setdefault(event["call_id"], []).append(event["state"])
    return told


@pytest.mark.parametrize(("taken", "end"), [(False, "missed"), (True, "ended")])
async def test_a_call_rings_and_is_missed_or_ended(received: Received, taken: bool, end: str):
    told = await ring(received, taken)
    assert len(told) >= 5
    whole = [states for states in told.values() if len(states) > 1]
    assert len(whole) >= 3
    assert all(states == ["ringing", end] for states in whole)


async def test_what_was_ended_on_screen_is_hung_up_at_once(received: Received):
    told = await ring(received, True, ended_on_screen=True)
    assert ["ringing", "ended"] in told.values()


def test_no_calls_a_minute_ring_nothing():
    telephone = Telephone("postgresql://nobody@/nothing", SECRET, 0)
    telephone.start("http://127.0.0.1:1")
    telephone.stop()
    assert telephone._thread is None
