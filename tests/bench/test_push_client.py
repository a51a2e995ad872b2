"""The client of the pushes: it takes what is right, and notices a message that is lost, doubled, out of order or wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
from bench.push.questions import ANNOUNCEMENTS, CALLS
from bench.push.remote import Remote, WrongMessages, client
from websockets.asyncio.server import ServerConnection, serve

SOCKETS = 5
FIELDS = (ANNOUNCEMENTS, CALLS)
Sends = Callable[[ServerConnection, dict[str, str], int], Sequence[str]]


def value(key: str, **more) -> dict:
    return {"announcement": {"id": key, "title": f"title of {key}", **more}}


def message(operation: str, key: str, cursor: str | None = None, **more) -> str:
    content = {"cursor": cursor or f"cursor of {key}", **value(key, **more)}
    return json.dumps({"id": operation, "type": "next", "payload": {"data": {ANNOUNCEMENTS: content}}})


@asynccontextmanager
async def pushing(said: Callable[[str, int], Sequence[str]]) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A server that says this to each socket once the event is set: given the id of its first operation and which it is."""
    go = asyncio.Event()

    async def one(connection: ServerConnection) -> None:
        init = json.loads(await connection.recv())
        place = int(init["payload"]["authorization"].removeprefix("Bearer token-"))
        await connection.send('{"type":"connection_ack"}')
        asked = [json.loads(await connection.recv()) for _ in FIELDS]
        assert json.loads(await connection.recv())["id"] == "ready"
        await connection.send('{"type":"ping"}')
        assert json.loads(await connection.recv()) == {"type": "pong"}
        assert all(name in each["payload"]["query"] for name, each in zip(FIELDS, asked, strict=True))
        await connection.send('{"id":"ready","type":"complete"}')
        await go.wait()
        for text in said(asked[0]["id"], place):
            await connection.send(text)
        await connection.wait_closed()

    async with serve(one, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"], compression=None) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}", go


async def heard(said: Callable[[str, int], Sequence[str]], keys: Sequence[str] = ("one", "two", "three")) -> dict:
    """What the client makes of a server that should have told all sockets of these."""
    async with pushing(said) as (address, go), client("test", FIELDS) as remote:
        await remote.open(address, [f"token-{number}" for number in range(SOCKETS)])
        expected = await remote.expect([(ANNOUNCEMENTS, value(key), None) for key in keys])
        assert expected == SOCKETS * len(keys)
        go.set()
        await remote.reach(seconds=2)
        return await remote.check([(ANNOUNCEMENTS, key, 0.0) for key in keys], linger=0.1)


def every(operation: str, keys: Sequence[str]) -> list[str]:
    return [message(operation, key) for key in keys]


async def test_what_is_right_is_counted_and_timed():
    answer = await heard(lambda operation, _: every(operation, ("one", "two", "three")))
    assert answer["messages"] == answer["expected"] == SOCKETS * 3
    assert answer["times"][ANNOUNCEMENTS]["count"] == SOCKETS * 3
    assert answer["lasts"][ANNOUNCEMENTS]["count"] == 3
    assert answer["cpu"] > 0


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        (("one", "three"), "'lost': 1, 'doubled': 0, 'reordered': 0, 'strange': 0"),
        (("one", "two"), "'lost': 1, 'doubled': 0, 'reordered': 0, 'strange': 0"),
        ((), "'lost': 3, 'doubled': 0, 'reordered': 0, 'strange': 0"),
        (("one", "two", "two", "three"), "'lost': 0, 'doubled': 1, 'reordered': 0, 'strange': 0"),
        (("one", "two", "three", "one"), "'lost': 0, 'doubled': 1, 'reordered': 0, 'strange': 0"),
        (("two", "one", "three"), "'lost': 0, 'doubled': 0, 'reordered': 1, 'strange': 0"),
        (("one", "two", "three", "four"), "'lost': 0, 'doubled': 0, 'reordered': 0, 'strange': 1"),
    ],
)
async def test_a_fault_at_one_socket_of_many_is_noticed(keys, fault):
    with pytest.raises(WrongMessages, match=fault):
        await heard(lambda operation, place: every(operation, keys if place == 2 else ("one", "two", "three")))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda operation: message(operation, "one", title="another"),
        lambda operation: message(operation, "one", more="than was asked for"),
        lambda operation: message("a4", "one"),
        lambda operation: json.dumps({"id": operation, "type": "complete"}),
        lambda operation: json.dumps({"id": operation, "type": "error", "payload": [{"message": "no"}]}),
        lambda operation: message(operation, "one")[:-1] + ',"errors":[]}',
        lambda operation: message(operation, "one").replace('"payload": {', '"payload": {"errors": [], '),
        lambda operation: "no JSON",
    ],
)
async def test_a_message_that_says_something_else_is_noticed(wrong):
    with pytest.raises(WrongMessages, match="'lost': 1.*'strange': 1"):
        await heard(lambda operation, place: [wrong(operation) if place == 3 else message(operation, "one")], ("one",))


async def test_an_event_under_two_cursors_is_noticed():
    with pytest.raises(WrongMessages, match="'lost': 0.*'strange': 1"):
        await heard(lambda operation, place: [message(operation, "one", "another" if place == 3 else None)], ("one",))


async def test_two_events_under_one_cursor_are_noticed():
    with pytest.raises(WrongMessages, match="'strange': 1"):
        await heard(lambda operation, _: [message(operation, key, "same") for key in ("one", "two")], ("one", "two"))


async def test_a_socket_that_the_server_closes_is_noticed():
    async with pushing(lambda operation, _: []) as (address, go), client("test", FIELDS) as remote:
        await remote.open(address, [f"token-{number}" for number in range(SOCKETS)])
        assert await silence(remote) == 0
        go.set()


async def test_a_socket_that_is_refused_while_it_is_opened_is_noticed():
    async with serve(close, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"]) as server, client("test", FIELDS) as remote:  # type: ignore[list-item]
        with pytest.raises(RuntimeError, match="4403"):
            await remote.open(f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}", ["token"])


async def silence(remote: Remote) -> int:
    answer = await remote.check([], linger=0.1)
    return int(answer["messages"])


async def close(connection: ServerConnection) -> None:
    await connection.recv()
    await connection.close(4403, "no")
