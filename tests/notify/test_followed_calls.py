"""Transcripts of real calls, made into reports: in order, repeated, in disorder, and joined halfway. Without a database."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.factories.asterisk_calls import QueueCall, transcript
from tests.factories.freeswitch_calls import BridgedCall
from tests.factories.switchboards import FakeAsterisk, FakeFreeSwitch

from crm.notify.gateways.ami.channels import channel_of
from crm.notify.gateways.ami.events import Asterisk
from crm.notify.gateways.esl.events import FreeSwitch
from crm.notify.gateways.esl.frames import EslFrames, event_of
from crm.notify.gateways.following import FollowedCalls, not_ended
from crm.rules.customers.call_states import CallDirection, CallEvent, CallFacts, CallState, folded
from crm.services.customers.call_intake import OpenCall

NOW = datetime(2026, 1, 31, 1, 0, tzinfo=UTC)
OURS = {"1001", "1002", "1003"}
ASTERISK, FREESWITCH = Asterisk("ami://u:p@h"), FreeSwitch("esl://:p@h")


def calls(source: str = "ami") -> FollowedCalls:
    return FollowedCalls(source, OURS.__contains__)


def reports(board: Any, events: list[Any], followed: FollowedCalls | None = None) -> list[Any]:
    followed = followed or calls(board.source)
    return [report for event in events for report in board.reports(followed, event, NOW)]


def facts(found: list[Any]) -> CallFacts:
    """What the database would make of them; people are told apart by the numbers of their extensions."""
    from uuid import UUID

    return folded(
        [CallEvent(r.key, r.state, r.at, UUID(int=int(r.agent)) if r.agent else None, r.leg_id, r.cause) for r in found]
    )


def queue_call(**given: Any) -> QueueCall:
    return QueueCall(FakeAsterisk(), **given)


def test_a_queue_that_rings_two_agents_of_whom_one_answers():
    call = queue_call()
    events = transcript(call, ("begin",), ("ring",), ("answer", "1002"), ("end", "1002"))
    found = reports(ASTERISK, events)
    assert [(r.state, r.extensions, r.agent) for r in found] == [
        ("RINGING", ("1001",), None), ("RINGING", ("1002",), None), ("ANSWERED", (), "1002"), ("ANSWERED", (), "1002"),
        ("ENDED", (), None),
    ]  # fmt: skip
    assert found[2].key == found[3].key, "the queue says it again"
    assert {(r.call_id, r.direction, r.caller, r.called) for r in found} == {(call.id, "INBOUND", "13800000000", "4000")}
    told = facts(found)
    assert (told.state, told.holder and told.holder.int, told.cause) == (CallState.ENDED, 1002, None)
    assert all(r.at != NOW for r in found), "Asterisk says itself when it was"


RECORDED: dict[str, list[dict[str, str]]] = json.loads((Path(__file__).parent / "asterisk_22.json").read_text(encoding="utf-8"))
"""What an Asterisk 22.10 said, with the configuration of the guide and two telephones."""
TOLD: dict[str, list[tuple[str, tuple[str, ...], str | None, str | None]]] = {
    "rings two, one answers": [
        ("RINGING", ("1002",), None, None), ("RINGING", ("1001",), None, None), ("ANSWERED", (), "1002", None),
        ("ANSWERED", (), "1002", None), ("ENDED", (), None, None),
    ],
    "given up in the queue": [
        ("RINGING", ("1002",), None, None), ("RINGING", ("1001",), None, None), ("ENDED", (), None, "CANCEL"),
    ],
    "ordered and answered, asked for twice": [
        ("RINGING", (), None, None), ("ANSWERED", (), "1001", None), ("ENDED", (), None, None),
    ],
    "ordered, not taken up": [("ENDED", (), None, "no_answer")],
    "ordered for nobody": [("ENDED", (), None, "failed")],
}  # fmt: skip


@pytest.mark.parametrize("story", TOLD)
def test_what_a_real_asterisk_said(story: str):
    followed = calls()
    for order in {event["actionid"] for event in RECORDED[story] if "actionid" in event}:
        followed.expect(order, "1001", "0571-8765 4321")
    found = reports(ASTERISK, RECORDED[story], followed)
    assert [(r.state, r.extensions, r.agent, r.cause) for r in found] == TOLD[story]
    outward = ("OUTBOUND", "1001", "0571-8765 4321")
    whose = outward if story.startswith("ordered") else ("INBOUND", "13800000000", "4000")
    assert {(r.direction, r.caller, r.called) for r in found} == {whose}
    assert followed.living() == frozenset()


ENDS: dict[str, tuple[list[tuple[Any, ...]], CallState, str | None]] = {
    "given up in the queue": ([("begin",), ("ring",), ("give_up",)], CallState.ABANDONED, "CANCEL"),
    "given up before it rang": ([("begin",), ("hang_up_caller", "127", "Interworking, unspecified")], CallState.MISSED, None),
    "busy": (
        [("begin",), ("ring",), ("fails", "BUSY"), ("hang_up_caller", "17", "User busy")], CallState.BUSY, "BUSY",
    ),
    "rang out": (
        [("begin",), ("ring",), ("fails", "NOANSWER"), ("hang_up_caller", "16", "x")], CallState.MISSED, "NOANSWER",
    ),
    "no line": ([("begin",), ("ring",), ("fails", "CONGESTION"), ("hang_up_caller", "34", "x")], CallState.FAILED, "CONGESTION"),
}  # fmt: skip


class FailingCall(QueueCall):
    def fails(self, status: str) -> None:
        for agent in self.agents:
            self._tell("DialEnd", DialStatus=status, **self.base(), **self.dest(agent))
            self.hang_up_leg(agent, "0", "")


@pytest.mark.parametrize("end", ENDS)
def test_calls_that_nobody_took(end: str):
    steps, state, cause = ENDS[end]
    found = reports(ASTERISK, transcript(FailingCall(FakeAsterisk()), *steps))
    told = facts(found)
    assert (told.state, told.holder) == (state, None)
    assert cause is None or told.cause == cause


def test_repeated_and_disordered_events_give_the_same_call():
    """Each event up to three times, and moved by up to five places: the same facts, and nothing invented."""
    for seed in range(60):
        dice, call = random.Random(seed), queue_call()
        events = transcript(call, ("begin",), ("ring",), ("answer", "1001"), ("end", "1001"))
        straight = facts(reports(ASTERISK, events))
        many = [event for event in events for _ in range(dice.choice((1, 1, 2, 3)))]
        mixed = [event for _, event in sorted(enumerate(many), key=lambda each: each[0] + dice.random() * 5)]
        found = reports(ASTERISK, mixed)
        told = facts(found)
        assert {r.call_id for r in found} == {call.id}
        assert (told.state, told.holder, told.ended_at) == (straight.state, straight.holder, straight.ended_at), seed


def test_withheld_numbers_are_none():
    for written in ("<unknown>", "unknown", "anonymous", ""):
        found = reports(ASTERISK, transcript(queue_call(caller=written), ("begin",), ("ring",)))
        assert {r.caller for r in found} == {""}


def outgoing(call_id: str = "7.1", number: str = "013912345678") -> list[dict[str, str]]:
    mine = {"channel": "PJSIP/agent1001-0000000a", "uniqueid": call_id, "linkedid": call_id, "exten": number}
    dest = {"destchannel": "PJSIP/trunk-0000000b", "destuniqueid": "7.2", "destlinkedid": call_id}
    return [
        {"event": "Newchannel", "calleridnum": "1001", **mine},
        {"event": "DialBegin", "calleridnum": "1001", **mine, **dest},
        {"event": "DialEnd", "dialstatus": "ANSWER", **mine, **dest},
        {"event": "Hold", **mine},
        {"event": "Unhold", **mine},
        {"event": "Hangup", "uniqueid": "7.2", "linkedid": call_id, "cause": "16"},
        {"event": "Hangup", "uniqueid": call_id, "linkedid": call_id, "cause": "16"},
    ]


def test_an_agent_dials_out():
    found = reports(ASTERISK, outgoing())
    assert [r.state for r in found] == ["RINGING", "ANSWERED", "HELD", "RESUMED", "ENDED"]
    assert {(r.direction, r.caller, r.called, r.extensions) for r in found} == {("OUTBOUND", "1001", "013912345678", ())}
    assert facts(found).holder.int == 1001


def test_among_ourselves_and_where_nobody_is_rung():
    inside = [each | {"destchannel": "PJSIP/1002-0b"} if "destchannel" in each else each for each in outgoing(number="1002")]
    found = reports(ASTERISK, inside)
    assert (found[0].direction, found[0].extensions, facts(found).holder.int) == ("INTERNAL", ("1002",), 1002)
    mailbox = [each for each in outgoing(number="*97") if each["event"] in ("Newchannel", "Hangup")]
    assert reports(ASTERISK, mailbox) == []


def test_transfers_and_pickups():
    call = queue_call(agents=("1001",))
    followed = calls()
    reports(ASTERISK, transcript(call, ("begin",), ("ring",), ("answer", "1001")), followed)
    blind = {
        "event": "BlindTransfer", "result": "Success", "transfereruniqueid": call.legs["1001"], "transfererlinkedid": call.id,
        "extension": "1002",
    }  # fmt: skip
    (moved,) = reports(ASTERISK, [blind], followed)
    assert (moved.call_id, moved.state, moved.agent) == (call.id, "TRANSFERRED", "1002")
    assert reports(ASTERISK, [blind | {"result": "Fail"}, blind | {"extension": "013800000000"}], followed) == []
    attended = {
        "event": "AttendedTransfer", "result": "Success", "transfereeuniqueid": call.id, "transfereelinkedid": call.id,
        "transfertargetuniqueid": "99.5", "transfertargetchannel": "PJSIP/agent1003-0000000f",
    }  # fmt: skip
    (handed,) = reports(ASTERISK, [attended], followed)
    assert (handed.state, handed.agent) == ("ANSWERED", "1003")
    other = queue_call(agents=("1001",))
    reports(ASTERISK, transcript(other, ("begin",), ("ring",)), followed)
    picked = {
        "event": "Pickup", "channel": "PJSIP/agent1003-00000010", "uniqueid": "99.6", "targetuniqueid": other.legs["1001"],
        "targetlinkedid": other.id,
    }  # fmt: skip
    (taken,) = reports(ASTERISK, [picked], followed)
    assert (taken.call_id, taken.state, taken.agent) == (other.id, "ANSWERED", "1003")


def test_events_that_make_no_sense_are_nothing():
    odd = [
        {"event": name} | more
        for name in ("Newchannel", "DialBegin", "DialEnd", "AgentConnect", "QueueCallerAbandon", "Hold", "Pickup",
                     "BlindTransfer", "AttendedTransfer", "Hangup", "OriginateResponse", "Cdr", "")
        for more in ({}, {"uniqueid": ""}, {"dialstatus": "ANSWER", "result": "Success", "response": "Failure", "reason": "?"})
    ]  # fmt: skip
    followed = calls()
    assert reports(ASTERISK, odd, followed) == []
    assert reports(FREESWITCH, [{"event-name": each.upper()} for each in ("CHANNEL_CREATE", "CHANNEL_ANSWER", "X")]) == []
    assert followed.living() == frozenset()
    assert [r.at for r in reports(ASTERISK, [each | {"timestamp": "never"} for each in outgoing()[:2]])] == [NOW]


def opened(call_id: str, **given: Any) -> OpenCall:
    return OpenCall(
        call_id,
        **({"direction": CallDirection.INBOUND, "number": None, "line": None, "answered": False, "unheard": False} | given),
    )


def listed(board: FakeAsterisk) -> list[Any]:
    return [channel_of({name.lower(): value for name, value in each.items()}) for each in board.channels.values()]


def test_what_goes_on_after_a_new_connection_is_told_and_what_is_gone_is_lost():
    board = FakeAsterisk()
    ringing, talking, waiting = (QueueCall(board, caller=f"1390000000{n}") for n in range(3))
    for call in (ringing, talking, waiting):
        call.begin()
    ringing.ring()
    talking.ring()
    talking.answer("1002")
    known = {each.id: each for each in (opened(talking.id), opened("gone"), opened("ordered", unheard=True))}
    followed = calls()
    found = followed.resume(listed(board), known, NOW)
    assert sorted((r.call_id, r.state.value, r.extensions, r.agent, r.cause) for r in found) == sorted(
        [
            ("gone", "LOST", (), None, None),
            ("ordered", "LOST", (), None, "unconfirmed"),
            (ringing.id, "RINGING", ("1001",), None, None),
            (ringing.id, "RINGING", ("1002",), None, None),
            (talking.id, "ANSWERED", ("1002",), "1002", None),
        ]
    )
    assert followed.living() == {ringing.id, talking.id, waiting.id}
    again = followed.resume(listed(board), known, NOW)
    assert {r.key for r in again} == {r.key for r in found}, "a second look says nothing else"
    ended = [{"event": "Hangup", "uniqueid": name, "linkedid": name, "cause": "16"} for name in ("gone", "never heard of")]
    told = reports(ASTERISK, ended, followed)
    assert [(r.call_id, r.state) for r in told] == [("gone", "ENDED")], "its end may still be told, and nobody else's"
    assert [r.state for r in not_ended([*found, *told]) if r.call_id == "gone"] == ["ENDED"]


def test_an_order_is_followed_from_its_first_channel_on():
    followed = calls()
    followed.expect("order-1", "1001", "139 1234 5678")
    phone = {"channel": "PJSIP/1001-0000000a", "uniqueid": "order-1", "linkedid": "order-1", "exten": "s", "calleridnum": "139"}
    first = {"destchannel": "PJSIP/1001-0000000a", "destuniqueid": "order-1", "destlinkedid": "order-1"}
    assert reports(
        ASTERISK,
        [
            {"event": "Newchannel", **phone},
            {"event": "DialBegin", **first},
            {"event": "DialEnd", "dialstatus": "ANSWER", **first},
            {"event": "OriginateResponse", "response": "Success", "actionid": "order-1", "reason": "4"},
        ],
        followed,
    ) == [], "that they took up their own telephone is no answer"  # fmt: skip
    dest = {"destchannel": "PJSIP/trunk-0b", "destuniqueid": "8.2", "destlinkedid": "order-1"}
    found = reports(
        ASTERISK,
        [{"event": "DialBegin", **phone, **dest}, {"event": "DialEnd", "dialstatus": "ANSWER", **phone, **dest}],
        followed,
    )
    assert [(r.state, r.direction, r.caller, r.called, r.agent) for r in found] == [
        ("RINGING", "OUTBOUND", "1001", "139 1234 5678", None), ("ANSWERED", "OUTBOUND", "1001", "139 1234 5678", "1001"),
    ]  # fmt: skip


@pytest.mark.parametrize(("reason", "state"), [("0", "FAILED"), ("1", "MISSED"), ("3", "MISSED"), ("5", "BUSY"), ("8", "FAILED")])
def test_an_order_that_finds_nobody_ends(reason: str, state: str):
    followed = calls()
    followed.expect("order-1", "1001", "13912345678")
    refused = {"event": "OriginateResponse", "response": "Failure", "actionid": "order-1", "reason": reason, "uniqueid": "<null>"}
    found = reports(ASTERISK, [refused, refused], followed)
    assert [r.state for r in found] == ["ENDED"]
    assert facts(found).state == state
    assert reports(ASTERISK, [refused | {"actionid": "somebody else's"}], followed) == []


def freeswitch(*steps: tuple[Any, ...], call: BridgedCall | None = None) -> tuple[BridgedCall, list[Any]]:
    call = call or BridgedCall(FakeFreeSwitch())
    said: list[bytes] = []
    call.board.say = said.append  # type: ignore[method-assign]
    for step, *given in steps:
        getattr(call, step)(*given)
    return call, [event_of(frame) for frame in EslFrames().feed(b"".join(said))]


def test_freeswitch_rings_two_of_whom_one_answers():
    call, events = freeswitch(("begin",), ("ring",), ("answer", "1002"), ("hold", "1002"), ("end", "1002"))
    found = reports(FREESWITCH, events)
    assert [(r.state, r.extensions, r.agent) for r in found] == [
        ("RINGING", ("1001",), None), ("RINGING", ("1002",), None), ("ANSWERED", (), "1002"), ("ANSWERED", (), "1002"),
        ("HELD", (), None), ("ENDED", (), None),
    ]  # fmt: skip
    assert {(r.call_id, r.direction, r.caller, r.called) for r in found} == {(call.id, "INBOUND", "13800000000", "4000")}
    told = facts(found)
    assert (told.state, told.holder and told.holder.int) == (CallState.ENDED, 1002)


def test_freeswitch_callers_give_up_and_are_looked_for():
    _, events = freeswitch(("begin",), ("ring",), ("give_up",))
    assert facts(reports(FREESWITCH, events)).state is CallState.ABANDONED
    _, spoofed = freeswitch(("begin",), call=BridgedCall(FakeFreeSwitch(), caller="1001"))
    followed = calls("esl")
    reports(FREESWITCH, spoofed, followed)
    assert not followed.ours(next(iter(followed._calls.values())).first), "who claims to be one of us calls from outside"


def test_freeswitch_orders():
    followed = calls("esl")
    followed.expect("order-1", "1001", "13912345678")
    phone = {
        "unique-id": "order-1", "variable_call_uuid": "order-1", "call-direction": "outbound", "variable_dialed_user": "1001",
        "caller-destination-number": "1001",
    }  # fmt: skip
    line = {
        "unique-id": "b", "variable_call_uuid": "order-1", "call-direction": "outbound", "other-type": "originator",
        "other-leg-unique-id": "order-1", "caller-destination-number": "013912345678",
    }  # fmt: skip
    events = [{"event-name": name, **phone} for name in ("CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_ANSWER")]
    assert reports(FREESWITCH, events, followed) == []
    events = [{"event-name": name, **line} for name in ("CHANNEL_CREATE", "CHANNEL_PROGRESS", "CHANNEL_ANSWER")]
    assert [(r.state, r.agent, r.called) for r in reports(FREESWITCH, events, followed)] == [
        ("RINGING", None, "13912345678"), ("ANSWERED", "1001", "13912345678"),
    ]  # fmt: skip
    followed.expect("order-2", "1001", "13912345678")
    failed = {"event-name": "BACKGROUND_JOB", "job-uuid": "order-2", "_body": "-ERR USER_BUSY\n"}
    (ended,) = reports(FREESWITCH, [failed, failed], followed)
    assert facts([ended]).state is CallState.BUSY


def test_what_is_over_is_forgotten_after_a_while():
    from crm.notify.gateways import following

    followed = calls()
    for number in range(following.MOST_OVER + 50):
        name = f"x{number}"
        reports(ASTERISK, [{"event": "Newchannel", "channel": "PJSIP/t-0a", "uniqueid": name, "linkedid": name, "exten": "4000"},
                           {"event": "Hangup", "uniqueid": name, "linkedid": name}], followed)  # fmt: skip
    assert len(followed._over) <= following.MOST_OVER
    assert len(followed._gone) <= following.MOST_OVER
    assert (followed._calls, followed._of_channel) == ({}, {})
