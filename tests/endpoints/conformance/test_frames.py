"""Conformance: frames of the WebSocket protocol itself, under the messages. The docstring of each check is its sentence."""

from __future__ import annotations

import asyncio
import struct

import orjson
import pytest
from tests.factories.peers import BINARY, CLOSE, CONT, PING, PONG, TEXT, Ended, frame, subscribe, text

MARK = orjson.dumps({"type": "ping", "payload": {"mark": "张三"}})
MOST = 64 * 1024
ANSWER = {"type": "pong", "payload": {"mark": "张三"}}


def split(data: bytes, *places: int) -> list[bytes]:
    """A text message in fragments."""
    parts = [data[start:end] for start, end in zip((0, *places), (*places, len(data)), strict=True)]
    return [frame(CONT if n else TEXT, part, fin=n == len(places)) for n, part in enumerate(parts)]


@pytest.mark.parametrize("places", [(5,), (0, 1, 2), tuple(range(1, len(MARK))), (MARK.index("张".encode()) + 1,)])
async def test_a_message_may_come_in_fragments(connect, admin, places: tuple[int, ...]):
    """A message may be cut into frames anywhere, in the middle of a character as well."""
    async with connect(admin) as peer:
        await peer.send(*split(MARK, *places))
        assert await peer.hear() == ANSWER


async def test_fragments_may_come_one_by_one(connect, admin):
    """Nothing is said until the last fragment is there, however long that takes."""
    async with connect(admin) as peer:
        for part in split(MARK, 4, 9):
            assert await peer.silent(0.05)
            await peer.send(part)
        assert await peer.hear() == ANSWER


async def test_control_frames_may_come_between_fragments(connect, admin):
    """A ping between two fragments is answered at once, and the message goes on."""
    async with connect(admin) as peer:
        first, second = split(MARK, 7)
        await peer.send(first, frame(PING, b"between"), second)
        assert await peer.hear() == ANSWER
        assert peer.pongs == [b"between"]


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(125))])
async def test_a_ping_frame_is_answered_with_its_data(connect, admin, data: bytes):
    """A ping frame is answered by a pong frame with the same data."""
    async with connect(admin) as peer:
        await peer.send(frame(PING, data))
        assert await peer.lives()
        assert peer.pongs == [data]


async def test_a_pong_frame_nobody_asked_for_is_let_pass(connect, admin):
    """A pong frame may come unasked."""
    async with connect(admin) as peer:
        await peer.send(frame(PONG, b"unasked"))
        assert await peer.lives()


BROKEN = {
    "no mask": frame(TEXT, MARK, masked=False),
    "reserved bit 1": frame(TEXT, MARK, reserved=4),
    "reserved bit 2": frame(TEXT, MARK, reserved=2),
    "reserved bit 3": frame(TEXT, MARK, reserved=1),
    "opcode 3": frame(0x3, b"x"),
    "opcode 7": frame(0x7, b""),
    "opcode 11": frame(0xB, b"x"),
    "opcode 15": frame(0xF, b""),
    "a long ping": frame(PING, b"x" * 126),
    "a ping in fragments": frame(PING, b"x", fin=False),
    "a close in fragments": frame(CLOSE, b"", fin=False),
    "a continuation of nothing": frame(CONT, MARK),
    "a message within a message": frame(TEXT, b"{", fin=False) + frame(TEXT, MARK),
    "a binary within a text": frame(TEXT, b"{", fin=False) + frame(BINARY, b"x"),
    "a close with one byte": frame(CLOSE, b"\x03"),
    "a close with a code of nobody": frame(CLOSE, struct.pack("!H", 999)),
    "a close with 1005": frame(CLOSE, struct.pack("!H", 1005)),
    "a close with 1006": frame(CLOSE, struct.pack("!H", 1006)),
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "noise": bytes(range(255, 100, -1)),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "before"])
async def test_a_broken_frame_is_closed_1002(connect, admin, name: str, signed_in: bool):
    """What is no frame closes the connection with 1002."""
    async with connect(admin if signed_in else None) as peer:
        await peer.send(BROKEN[name])
        assert await peer.ends() == 1002


WRONG_UTF8 = {
    "a lone continuation": b"\x80",
    "an overlong slash": b"\xc0\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf5\x80\x80\x80",
    "half a character": b"\xe5\xbc",
    "Latin 1": "é".encode("latin-1"),
    "UTF-16": "{}".encode("utf-16"),
}


@pytest.mark.parametrize("name", WRONG_UTF8)
@pytest.mark.parametrize("parts", [1, 2])
async def test_text_that_is_no_utf_8_is_closed_1007(connect, admin, name: str, parts: int):
    """The data of a text message is UTF-8; where it is not, the connection is closed with 1007."""
    data = b'{"type": "ping", "payload": {"x": "' + WRONG_UTF8[name] + b'"}}'
    async with connect(admin) as peer:
        await peer.send(*(split(data, 36) if parts == 2 else [frame(TEXT, data)]))
        assert await peer.ends() == 1007


async def test_a_close_reason_that_is_no_utf_8_is_closed(connect, admin):
    """The reason in a close frame is UTF-8, too."""
    async with connect(admin) as peer:
        await peer.send(frame(CLOSE, struct.pack("!H", 1000) + b"\xff"))
        assert await peer.ends() in (1002, 1007)


@pytest.mark.parametrize("size", [MOST + 1, 200_000, 2_000_000])
async def test_a_message_of_more_than_64_kib_is_closed_1009(connect, admin, size: int):
    """A message that is too large closes the connection with 1009."""
    async with connect(admin) as peer:
        await peer.send(frame(TEXT, b"x" * size))
        assert await peer.ends() == 1009


@pytest.mark.parametrize("told", [MOST + 1, 2**32, 2**62])
async def test_a_length_that_is_too_large_is_not_waited_for(connect, admin, told: int):
    """The length stands at the beginning of a frame: what it announces need not come to be refused."""
    async with connect(admin) as peer:
        await peer.send(frame(TEXT, b"{", told=told))
        assert await peer.ends(2) == 1009


async def test_a_length_with_the_highest_bit_is_closed(connect, admin):
    """The highest bit of a length is 0."""
    async with connect(admin) as peer:
        await peer.send(frame(TEXT, b"{", told=2**63))
        assert await peer.ends(2) in (1002, 1009)


@pytest.mark.parametrize("size", [1_000, 40_000])
async def test_fragments_that_are_too_large_together_are_closed_1009(connect, admin, size: int):
    """The limit is one of messages: fragments count together."""
    async with connect(admin) as peer:
        parts = [frame(CONT if n else TEXT, b"x" * size, fin=False) for n in range(MOST // size + 1)]
        await peer.send(*parts)
        assert await peer.ends(2) == 1009


@pytest.mark.parametrize("code", [None, 1000, 1001, 3000, 4000, 4499])
@pytest.mark.parametrize("signed_in", [True, False], ids=["signed in", "before"])
async def test_a_close_is_answered_by_a_close(connect, admin, code: int | None, signed_in: bool):
    """A close frame is answered by one with the same code, and the connection ends."""
    async with connect(admin if signed_in else None) as peer:
        if signed_in:
            await peer.say(subscribe("subscription { announcements { cursor } }"))
            assert await peer.lives()
        await peer.send(frame(CLOSE, b"" if code is None else struct.pack("!H", code) + b"bye"))
        assert await peer.ends() == (1005 if code is None else code)
        with pytest.raises(Ended):
            await peer.hear(2)


async def test_messages_behind_a_close_are_let_go(connect, admin, office):
    """After its close frame a client sends nothing more; what comes nevertheless is not executed."""
    write = 'mutation { tagCreate(input: {name: "after my end"}) { tag { id } } }'
    async with connect(admin) as peer:
        await peer.send(frame(CLOSE, struct.pack("!H", 1000)), text(subscribe(write)))
        assert await peer.ends() in (1000, 1002)
    assert await office.value("SELECT count(*) FROM tag WHERE name = 'after my end'") == 0


@pytest.mark.parametrize(
    "last",
    [b"", frame(TEXT, b"{", fin=False), frame(TEXT, MARK)[:9], text(subscribe("{ me { id } }"))],
    ids=["silent", "within a message", "within a frame", "asking"],  # frames are masked anew by each process that collects
)
@pytest.mark.parametrize("listens", [True, False])
async def test_a_peer_that_vanishes_is_forgotten(connect, admin, last: bytes, listens: bool):
    """A connection may end without a close frame, in the middle of anything; nothing is left of it."""
    async with connect(admin) as peer:
        if listens:
            await peer.say(subscribe("subscription { announcements { cursor } }"))
            assert await peer.lives()
        await peer.send(last)
        peer.vanish()


async def test_a_peer_that_stops_sending_may_still_be_told(connect, admin):
    """A peer that closes its own half of the connection leaves; it is let go."""
    async with connect(admin) as peer:
        peer.writer.write_eof()
        assert await peer.ends(5) in (1000, 1005, 1006)


async def test_sixty_peers_that_come_and_go_leave_nothing(connect, admin):
    """Connections are independent, and what one of them held goes with it."""

    async def one(number: int) -> None:
        async with connect(None) as peer:
            match number % 4:
                case 0:
                    peer.vanish()
                case 1:
                    await peer.send(BROKEN["noise"])
                    assert await peer.ends() == 1002
                case 2:
                    await peer.say("{")
                    assert await peer.ends() == 4400
                case 3:
                    await peer.send(frame(CLOSE))
                    assert await peer.ends() == 1005

    await asyncio.gather(*(one(number) for number in range(60)))
