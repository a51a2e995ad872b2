"""The bytes of Asterisk's manager interface and of FreeSWITCH's event socket, cut anywhere, endless, hostile."""

from __future__ import annotations

import json
import random

import pytest
from tests.factories.switchboards import ami, esl_body, esl_event

from crm.notify.gateways.ami import frames as ami_frames
from crm.notify.gateways.ami.channels import extension_of
from crm.notify.gateways.ami.frames import LONGEST, AmiFrames
from crm.notify.gateways.esl import frames as esl_frames
from crm.notify.gateways.esl.frames import LONGEST_BODY, LONGEST_HEADERS, EslFrames, event_of
from crm.notify.gateways.wire import Address, BadFrame

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BLOCKS = [
    ami("Response", "Success", {"ActionID": "1", "Message": "Authentication accepted"}),
    ami(
        "Event",
        "Newchannel",
        {"CallerIDName": "王小明 (杭州)", "CallerIDNum": "13800000000", "Uniqueid": "1.2", "Linkedid": "1.2"},
    ),
    ami("Event", "VarSet", {"Value": "a: b: c", "Uniqueid": ""}),
]


def pieces(message: bytes, dice: random.Random):
    while message:
        size = dice.choice((1, 2, 5, 40, 300))
        yield message[:size]
        message = message[size:]


def test_blocks_are_whole_wherever_they_were_cut():
    whole = BANNER + b"".join(BLOCKS)
    expected = list(AmiFrames().feed(whole))
    assert [each.get("callername", each.get("calleridname")) for each in expected] == [None, "王小明 (杭州)", None]
    assert expected[2]["value"] == "a: b: c"
    for place in range(len(whole)):
        cutter = AmiFrames()
        assert [*cutter.feed(whole[:place]), *cutter.feed(whole[place:])] == expected
    for seed in range(20):
        cutter = AmiFrames()
        assert [frame for piece in pieces(whole, random.Random(seed)) for frame in cutter.feed(piece)] == expected
        assert cutter.banner == "Asterisk Call Manager/11.0.0"


@pytest.mark.parametrize(
    "said",
    [
        BANNER + b"Event: " + b"x" * (LONGEST + 1),
        BANNER + b"a: b\r\n" * 20_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"y" * 1000,
    ],
    ids=["endless value", "block that is too long", "another server", "a web server", "no line at all"],
)
def test_what_is_no_ami_ends_the_connection_and_fills_no_memory(said: bytes):
    cutter = AmiFrames()
    with pytest.raises(BadFrame):
        for piece in pieces(said, random.Random(1)):
            list(cutter.feed(piece))
    assert len(cutter._rest) <= LONGEST + 400


@pytest.mark.parametrize("mark", ["\r", "\n", "\r\n", "\0"])
@pytest.mark.parametrize("place", ["name", "value", "action"])
def test_nothing_that_is_sent_can_become_two_actions(mark: str, place: str):
    text = f"1001{mark}Action: Originate"
    with pytest.raises(BadFrame):
        if place == "action":
            ami_frames.written(text, {})
        else:
            ami_frames.written("Originate", {text: "x"} if place == "name" else {"Exten": text})
    with pytest.raises(BadFrame):
        esl_frames.written(text) if place == "action" else esl_frames.written("bgapi x", {"Job-UUID": text})


def test_an_extension_that_is_no_word_is_dialled_by_nobody():
    address = Address.of("ami://u:p%40s@pbx:1?prefix=9", port=5038, channel="PJSIP/{extension}", context="c")
    assert (address.secret, address.telephone("1001")) == ("p@s", "PJSIP/1001")
    assert (address.prefixed("057187654321"), address.prefixed("1002")) == ("9057187654321", "1002")
    for extension in ("1001&Local/9@out", "1001} &park()", "", "1001 1002", "一零零一"):
        with pytest.raises(BadFrame):
            address.telephone(extension)


@pytest.mark.parametrize(
    ("channel", "extension"),
    [
        ("PJSIP/agent1001-0000002a", "1001"), ("PJSIP/1001-0000002a", "1001"), ("SIP/1001-deadbeef", "1001"),
        ("Local/1002@from-queue-0000a3;1", "1002"), ("PJSIP/trunk-00000001", "trunk"), ("IAX2/out-7", "out"), ("", ""),
        ("nothing", ""),
    ],
)  # fmt: skip
def test_whose_telephone_a_channel_is(channel: str, extension: str):
    assert extension_of(channel) == extension


MESSAGES = [
    b"Content-Type: auth/request\n\n",
    b"\nContent-Type: command/reply\nReply-Text: +OK accepted\n\n",
    esl_event("CHANNEL_CREATE", {"Caller-Caller-ID-Name": "王小明", "Unique-ID": "a"}),
    esl_body("api/response", ""),
    esl_body("text/event-plain", "Event-Name: HEARTBEAT\nEvent-Info: System%20Ready\nContent-Length: 3\n\nabc"),
]


def test_messages_are_whole_wherever_they_were_cut():
    whole = b"".join(MESSAGES)
    expected = list(EslFrames().feed(whole))
    assert [each.kind for each in expected] == [
        "auth/request", "command/reply", "text/event-json", "api/response", "text/event-plain",
    ]  # fmt: skip
    assert event_of(expected[2])["caller-caller-id-name"] == "王小明"
    assert event_of(expected[4]) == {
        "event-name": "HEARTBEAT", "event-info": "System Ready", "content-length": "3", "_body": "abc",
    }  # fmt: skip
    for seed in range(30):
        cutter = EslFrames()
        assert [frame for piece in pieces(whole, random.Random(seed)) for frame in cutter.feed(piece)] == expected


@pytest.mark.parametrize(
    "said",
    [
        b"Content-Type: " + b"x" * (LONGEST_HEADERS + 1000),
        b"a: b\n" * 20_000 + b"\n",
        f"Content-Type: x\nContent-Length: {LONGEST_BODY + 1}\n\n".encode(),
        b"Content-Type: x\nContent-Length: -5\n\n",
        b"Content-Type: x\nContent-Length: 12e3\n\n",
        "Content-Type: x\nContent-Length: ٣\n\n".encode(),
        b"HTTP/1.1 400 Bad Request\n\n",
    ],
    ids=["endless header", "headers that are too long", "body that is too long", "negative", "no number", "not ascii", "web"],
)
def test_what_is_no_event_socket_ends_the_connection_and_fills_no_memory(said: bytes):
    cutter = EslFrames()
    with pytest.raises(BadFrame):
        for piece in pieces(said, random.Random(2)):
            list(cutter.feed(piece))
    assert len(cutter._rest) <= LONGEST_HEADERS + 400


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"5"])
def test_an_event_that_is_no_object_is_a_bad_frame(body: bytes):
    with pytest.raises(BadFrame):
        event_of(esl_frames.EslFrame({"content-type": "text/event-json"}, body))
    odd = json.dumps({"Event-Name": 5, "Unique-ID": None, "A": {"b": "c"}, "Ok": "yes"}).encode()
    assert event_of(esl_frames.EslFrame({"content-type": "text/event-json"}, odd)) == {"ok": "yes"}
