"""Conformance: what is a message and what is none. The docstring of each check is the sentence it checks."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.factories.peers import BINARY, TEXT, Ended, frame, init, subscribe

ASKED = {"query": "{ me { username } }"}


def asked(**changed: Any) -> dict[str, Any]:
    return {"type": "subscribe", "id": "1", "payload": ASKED | changed}


NO_JSON = {
    "empty": "",
    "whitespace": " \n\t",
    "a brace": "{",
    "a word": "ping",
    "single quotes": "{'type': 'ping'}",
    "a trailing comma": '{"type": "ping",}',
    "two objects": '{"type": "ping"}{"type": "ping"}',
    "a comment": '{"type": "ping"} // x',
    "NaN": '{"type": "ping", "payload": {"x": NaN}}',
    "Infinity": '{"type": "ping", "payload": {"x": -Infinity}}',
    "a bare control character": '{"type": "ping", "payload": {"x": "\x01"}}',
    "a byte order mark": '\ufeff{"type": "ping"}',
    "a lone surrogate": '{"type": "ping", "payload": {"x": "\\ud800"}}',
    "a number of 400 digits": '{"type": "ping", "payload": 1' + "0" * 400 + "}",
    "hexadecimal": '{"type": "ping", "payload": {"x": 0x10}}',
}
NO_OBJECT = {
    "null": "null",
    "a list": "[]",
    "a list of messages": '[{"type": "ping"}]',
    "a number": "1",
    "a text": '"ping"',
    "true": "true",
}
NO_MESSAGE: dict[str, Any] = {
    "no type": {},
    "type null": {"type": None},
    "type a number": {"type": 1},
    "type a list": {"type": ["ping"]},
    "an unknown type": {"type": "hello"},
    "a type in capitals": {"type": "PING"},
    "a type with a space": {"type": "ping "},
    "the old protocol's start": {"type": "start", "id": "1", "payload": ASKED},
    "its stop": {"type": "stop", "id": "1"},
    "its end": {"type": "connection_terminate"},
    "the server's ack": {"type": "connection_ack"},
    "the server's next": {"type": "next", "id": "1", "payload": {}},
    "the server's error": {"type": "error", "id": "1", "payload": []},
    "ping with a text": {"type": "ping", "payload": "x"},
    "ping with a list": {"type": "ping", "payload": []},
    "pong with a number": {"type": "pong", "payload": 7},
    "init with a list": {"type": "connection_init", "payload": []},
    "init with a text": {"type": "connection_init", "payload": "Bearer x"},
    "init with true": {"type": "connection_init", "payload": True},
    "subscribe without id": {"type": "subscribe", "payload": ASKED},
    "an empty id": asked() | {"id": ""},
    "id a number": asked() | {"id": 1},
    "id null": asked() | {"id": None},
    "id a list": asked() | {"id": ["1"]},
    "an id of 129 characters": asked() | {"id": "x" * 129},
    "subscribe without payload": {"type": "subscribe", "id": "1"},
    "payload null": asked() | {"payload": None},
    "payload a text": asked() | {"payload": "{ me { id } }"},
    "payload a list": asked() | {"payload": [ASKED]},
    "no query": asked() | {"payload": {}},
    "query null": asked(query=None),
    "query a number": asked(query=7),
    "query an object": asked(query={}),
    "variables a text": asked(variables="{}"),
    "variables a list": asked(variables=[]),
    "operationName a number": asked(operationName=4),
    "extensions a list": asked(extensions=[]),
    "complete without id": {"type": "complete"},
    "complete with an object": {"type": "complete", "id": {}},
}


@pytest.mark.parametrize("name", [*NO_JSON, *NO_OBJECT, *NO_MESSAGE])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "before"])
async def test_what_is_no_message_is_closed_4400(connect, admin, name: str, signed_in: bool):
    """Whatever is not a message of this protocol, in type or in form, closes the socket at once with 4400."""
    broken = {**NO_JSON, **NO_OBJECT, **NO_MESSAGE}[name]
    async with connect(admin if signed_in else None) as peer:
        await peer.say(broken)
        with pytest.raises(Ended) as ended:
            await peer.hear()
        assert ended.value.code == 4400


@pytest.mark.parametrize("data", [b"", b"\x00\x01", orjson.dumps({"type": "ping"}), orjson.dumps(asked())])
async def test_a_binary_frame_is_no_message(connect, admin, data: bytes):
    """Messages come in text frames; one in a binary frame is none, whatever it holds."""
    async with connect(admin) as peer:
        await peer.send(frame(BINARY, data))
        assert await peer.ends() == 4400


async def test_the_reason_says_what_is_wrong(connect, admin):
    """A close frame carries a reason for people, of at most 123 bytes."""
    async with connect(admin) as peer:
        await peer.say("{")
        opcode, data = await peer.frame()
        assert opcode == 8
        assert 2 < len(data) <= 125
        assert data[2:].decode()


@pytest.mark.parametrize("opening", ["[", '{"a":'], ids=["lists", "objects"])
async def test_json_nested_100_000_deep_is_closed(connect, admin, opening: str):
    """A message may be refused for its size before it is read: 1009. Nothing crashes by how deep it is."""
    closing = {"[": "]", '{"a":': "}"}[opening]
    async with connect(admin) as peer:
        await peer.say('{"type":"ping","payload":{"x":' + opening * 100_000 + "1" + closing * 100_000 + "}}")
        assert await peer.ends() == 1009


@pytest.mark.parametrize("depth", [200, 300, 1_000, 8_000])
@pytest.mark.parametrize("place", ["ping", "variables"])
async def test_json_nested_as_deep_as_a_message_can_hold_is_answered_or_closed(connect, admin, depth: int, place: str):
    """A message that is too deep to be answered is none: 4400. One that can be answered is."""
    nest = '{"a":' * depth + "1" + "}" * depth
    message = {
        "ping": '{"type":"ping","payload":' + nest + "}",
        "variables": '{"type":"subscribe","id":"1","payload":{"query":"{ me { username } }","variables":' + nest + "}}",
    }[place]
    async with connect(admin) as peer:
        await peer.say(message)
        if depth < 250:
            assert (await peer.hear())["type"] in ("pong", "next")
        else:
            assert await peer.ends() == 4400


async def test_of_a_key_that_comes_twice_the_last_one_counts(connect, admin):
    """JSON leaves open what a key means that comes twice; here the last one counts, as in JavaScript."""
    async with connect(admin) as peer:
        await peer.say('{"type": "nonsense", "type": "ping", "payload": 7, "payload": {"n": 1}}')
        assert await peer.hear() == {"type": "pong", "payload": {"n": 1}}


async def test_what_a_message_holds_besides_is_let_pass(connect, admin):
    """Keys that the protocol does not know are no reason to close: a newer client may send them."""
    async with connect(admin) as peer:
        await peer.say({"type": "ping", "new": [1], "id": "x"})
        assert (await peer.hear())["type"] == "pong"
        await peer.say(subscribe("{ me { username } }") | {"more": {}})
        assert (await peer.hear())["type"] == "next"


@pytest.mark.parametrize("payload", [None, {}, {"at": 7, "text": "张 \u2028 😀", "deep": [[{"x": None}]]}])
async def test_a_ping_is_answered_by_a_pong_with_its_payload(connect, admin, payload: Any):
    """A ping is answered by a pong, as soon as it is read; what it carries may be sent back."""
    async with connect(admin) as peer:
        await peer.say({"type": "ping"} | ({} if payload is None else {"payload": payload}))
        assert await peer.hear() == {"type": "pong"} | ({} if payload is None else {"payload": payload})


async def test_a_ping_is_answered_before_signing_in_too(connect, admin):
    """A ping may be sent at any time in an open socket, before the acknowledgement as well."""
    async with connect() as peer:
        await peer.say({"type": "ping"})
        assert await peer.hear() == {"type": "pong"}
        await peer.sign_in(admin)
        assert await peer.lives()


@pytest.mark.parametrize("payload", [None, {"x": 1}])
@pytest.mark.parametrize("signed_in", [True, False])
async def test_a_pong_nobody_asked_for_is_let_pass(connect, admin, payload: Any, signed_in: bool):
    """A pong may come unasked, as a sign of life, and is not answered."""
    async with connect(admin if signed_in else None) as peer:
        await peer.say({"type": "pong"} | ({} if payload is None else {"payload": payload}))
        assert await peer.silent(0.1)
        assert await peer.lives()


async def test_many_pings_get_many_pongs_in_their_order(connect, admin):
    """Each ping is answered, and what is sent first is answered first."""
    async with connect(admin) as peer:
        await peer.say(*({"type": "ping", "payload": {"n": n}} for n in range(200)))
        assert [(await peer.hear())["payload"]["n"] for _ in range(200)] == list(range(200))


async def test_nothing_that_comes_behind_a_broken_message_is_executed(connect, admin, office):
    """Once the server has closed, it takes no more messages."""
    write = 'mutation { tagCreate(input: {name: "after the end"}) { tag { id } } }'
    async with connect(admin) as peer:
        await peer.say("{", subscribe(write), init(admin))
        assert await peer.ends() == 4400
    assert await office.value("SELECT count(*) FROM tag WHERE name = 'after the end'") == 0


async def test_a_message_of_64_kib_is_taken(connect, admin):
    """The largest message that is taken is 64 KiB long."""
    async with connect(admin) as peer:
        around = '{"type":"ping","payload":{"x":""}}'
        await peer.send(frame(TEXT, around.replace('""', f'"{"y" * (64 * 1024 - len(around))}"').encode()))
        assert len((await peer.hear())["payload"]["x"]) == 64 * 1024 - len(around)
