"""Conformance: frames nobody thought of, by hypothesis: each ends the socket with a code of the protocol, or leaves it alive.

With CRM_SOAK=1 ten thousand of them, else a twentieth. What hypothesis finds it shrinks, and tells how to see it again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.factories.harm import unharmed
from tests.factories.peers import CLOSE, TORN, Ended, Peer, frame, peer

SOAK = bool(os.environ.get("CRM_SOAK"))
FRAMES = 10_000 if SOAK else 500
PATIENCE = 0.5
CODES = {1000, 1002, 1003, 1005, 1007, 1009, 4400, 4401, 4403, 4409, 4429}
"""What a peer that breaks rules may be told. A close of its own is answered with the code it came with."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
QUERIES = st.text(max_size=30) | st.sampled_from(
    [
        "{ me { id } }",
        "subscription { announcements { cursor } }",
        "subscription { incomingCalls(after: 7) { cursor } }",
        "{ __schema { types { name } } }",
        "{",
        "",
    ]
)
TYPES = JSON | st.sampled_from(
    ["connection_init", "ping", "pong", "subscribe", "complete", "next", "error", "connection_ack", "start"]
)
PAYLOADS = JSON | st.fixed_dictionaries(
    {"query": QUERIES | JSON}, optional={"variables": JSON, "operationName": JSON, "extensions": JSON, "x": JSON}
)
IDS = JSON | st.sampled_from(["1", "2"])
ASKED = st.fixed_dictionaries({"type": st.just("subscribe"), "id": st.text(max_size=3), "payload": PAYLOADS})
MESSAGES = ASKED | st.fixed_dictionaries({}, optional={"type": TYPES, "id": IDS, "payload": PAYLOADS, "x": JSON})
TEXTS = st.builds(lambda value, plain: json.dumps(value, ensure_ascii=plain).encode(), MESSAGES | JSON, st.booleans())
PIECES = [b"{", b"}", b'"', b"\\ud800", b"NaN", b"\x00", b"\xff", b"\xed\xa0\x80", b",", b"1e999"]


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A message with some of its bytes changed, cut out or doubled."""
    data = bytearray(draw(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
            case 1:
                del data[at : at + draw(st.integers(1, 9))]
            case 2:
                data[at:at] = data[: draw(st.integers(0, 9))]
            case _:
                data[at:at] = draw(
                    st.sampled_from([b"{", b"}", b'"', b"\\ud800", b"NaN", b"\x00", b"\xff", b"\xed\xa0\x80", b",", b"1e999"])
                )
    return bytes(data)


FRAMED = st.builds(
    frame,
    st.sampled_from([1] * 24 + [2, 0, 8, 9, 10, 3, 15]),
    spoilt() | spoilt() | TEXTS | st.binary(max_size=200),
    fin=st.sampled_from([True] * 29 + [False]),
    reserved=st.sampled_from([0] * 49 + [1, 2, 4]),
    masked=st.sampled_from([True] * 29 + [False]),
)
RAW = st.binary(min_size=1, max_size=60)
counted: Counter[str] = Counter()


@pytest.fixture(autouse=True)
async def _unharmed(office, logged) -> AsyncIterator[None]:
    """As for the other checks; a socket that nobody reads from would be closed before ten thousand frames are over."""
    async with unharmed(office, logged):
        yield


async def outcome(spoken: Peer) -> str:
    """How it went: a code, or that the socket lives; after what may be half a frame nothing needs to come."""
    try:
        async with asyncio.timeout(PATIENCE):
            await spoken.lives()
            return "lives"
    except TimeoutError:
        return "waits for the rest"
    except Ended as ended:
        return str(ended.code)


@settings(
    max_examples=FRAMES, derandomize=not SOAK, deadline=None, suppress_health_check=list(HealthCheck), database=None
)  # the same every day; others in a soak
@given(signed_in=st.booleans(), whole=FRAMED, raw=st.integers(0, 19).flatmap(lambda n: st.none() if n else RAW))
async def test_a_frame_that_nobody_thought_of_tears_no_socket(office, signed_in: bool, whole: bytes, raw: bytes | None):
    """Whatever a peer sends, the connection ends with a code that says why, or goes on."""
    async with peer(office.address, office.admin.token if signed_in else None) as spoken:
        await spoken.send(whole if raw is None else raw)
        told = await outcome(spoken)
        counted[told] += 1
        assert told != str(TORN), "a torn socket"
        its_own = whole[0] & 0x0F == CLOSE and raw is None and told.isdigit()
        assert told in ("lives", "waits for the rest") or its_own or int(told) in CODES, told


async def test_of_those_most_were_refused_and_others_are_served(office, record_property):
    """What strangers send is nothing to others."""
    record_property("frames by outcome", dict(counted))
    assert counted.total() >= FRAMES
    assert sum(number for told, number in counted.items() if told.isdigit()) > counted.total() / 3
    assert counted["waits for the rest"] < counted.total() / 5
    async with peer(office.address, office.admin.token) as other:
        assert await other.lives()
