"""The console's WebSocket client, in a real browser, against a server that does what it is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from tests.console.browser import Tab

pytestmark = pytest.mark.slow

START = """
import('/console/socket.js').then(({ LiveSocket }) => {
  window.seen = { states: [], events: [], gaps: 0, refused: [], signedOut: 0 };
  window.live = new LiveSocket({
    url: `ws://${location.host}/graphql`,
    token: 'the-token',
    onState: (state) => seen.states.push(state),
    onSignedOut: () => { seen.signedOut += 1; },
  });
  live.subscribe({
    document: 'subscription ($after: String) { news(after: $after) { cursor text } }',
    onEvent: (event) => seen.events.push(event.text),
    onGap: () => { seen.gaps += 1; },
    onRefused: (code) => seen.refused.push(code),
  });
  live.start();
})
"""


class Peer:
    """The server's side: what each connection was told, and the means to say anything to the newest one."""

    def __init__(self) -> None:
        self.connections: list[list[dict[str, Any]]] = []
        self.socket: WebSocket | None = None
        self.changed = asyncio.Event()

    async def serve(self, socket: WebSocket) -> None:
        await socket.accept(subprotocol="graphql-transport-ws")
        assert socket.scope["subprotocols"] == ["graphql-transport-ws"]
        heard: list[dict[str, Any]] = []
        self.socket = socket
        self.connections.append(heard)
        try:
            while True:
                heard.append(json.loads(await socket.receive_text()))
                if heard[-1]["type"] == "connection_init":
                    await socket.send_text('{"type": "connection_ack"}')
                self.changed.set()
        except WebSocketDisconnect:
            pass

    async def subscribed(self, connection: int, times: int = 1) -> dict[str, Any]:
        """The subscribe message of that connection, the last of so many."""
        async with asyncio.timeout(15):
            while True:
                heard = self.connections[connection - 1] if len(self.connections) >= connection else []
                asked = [message for message in heard if message["type"] == "subscribe"]
                if len(asked) >= times:
                    return asked[times - 1]
                self.changed.clear()
                await self.changed.wait()

    async def say(self, kind: str, **parts: Any) -> None:
        assert self.socket
        await self.socket.send_text(json.dumps({"type": kind, **parts}))

    async def tell(self, asked: dict[str, Any], cursor: str, text: str) -> None:
        await self.say("next", id=asked["id"], payload={"data": {"news": {"cursor": cursor, "text": text}}})

    async def close(self, code: int) -> None:
        assert self.socket
        await self.socket.close(code)


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
async def tab(serve, tabs, peer) -> Tab:
    """A page with a client that has subscribed."""
    opened = await tabs()
    await opened.goto(serve(WebSocketRoute("/graphql", peer.serve)))
    await opened.evaluate(START)
    return opened


async def test_it_says_who_it_is_and_subscribes_when_it_is_let_in(tab, peer):
    asked = await peer.subscribed(1)
    assert peer.connections[0][0] == {"type": "connection_init", "payload": {"authorization": "Bearer the-token"}}
    assert asked["payload"]["variables"] == {"after": None}
    await peer.tell(asked, "c1", "one")
    await tab.wait_for("seen.events.length === 1")
    # What was there before the subscription is asked for by other means.
    await tab.wait_for("seen.gaps === 1")
    assert await tab.evaluate("seen.states") == ["connecting", "connected"]
    await peer.say("ping")
    await tab.evaluate("live.ping()")
    async with asyncio.timeout(15):
        while {"pong", "ping"} - {message["type"] for message in peer.connections[0]}:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("code", [1012, 1011, 4413])
async def test_after_a_break_it_goes_on_after_its_last_cursor(tab, peer, code):
    asked = await peer.subscribed(1)
    await peer.tell(asked, "c1", "one")
    await peer.tell(asked, "c2", "two")
    await tab.wait_for("seen.events.length === 2")
    await tab.wait_for("seen.gaps === 1")
    await peer.close(code)
    again = await peer.subscribed(2)
    assert again["payload"]["variables"] == {"after": "c2"}
    await peer.tell(again, "c3", "three")
    await tab.wait_for("seen.events.length === 3")
    assert await tab.evaluate("seen") == {
        "states": ["connecting", "connected", "reconnecting", "reconnecting", "connected"],
        "events": ["one", "two", "three"],
        "gaps": 1,
        "refused": [],
        "signedOut": 0,
    }


async def test_a_break_before_the_first_event_is_a_gap(tab, peer):
    await peer.subscribed(1)
    await tab.wait_for("seen.gaps === 1")
    await peer.close(1012)
    assert (await peer.subscribed(2))["payload"]["variables"] == {"after": None}
    await tab.wait_for("seen.gaps === 2")


async def test_history_that_is_gone_is_fetched_and_the_stream_goes_on_where_it_is_told(tab, peer):
    asked = await peer.subscribed(1)
    await peer.tell(asked, "c1", "one")
    await tab.wait_for("seen.events.length === 1 && seen.gaps === 1")
    gone = {"message": "The history is gone.", "extensions": {"code": "HISTORY_GONE", "cursor": "c9"}}
    await peer.say("error", id=asked["id"], payload=[gone])
    again = await peer.subscribed(1, times=2)
    assert again["payload"]["variables"] == {"after": "c9"}
    assert again["id"] != asked["id"]
    await tab.wait_for("seen.gaps === 2")
    assert await tab.evaluate("seen.refused") == []


async def test_a_token_that_is_no_longer_good_ends_it(tab, peer):
    await peer.subscribed(1)
    await peer.close(4403)
    await tab.wait_for("seen.signedOut === 1")
    await asyncio.sleep(1.5)
    assert len(peer.connections) == 1


async def test_what_is_forbidden_is_not_asked_for_again(tab, peer):
    asked = await peer.subscribed(1)
    await peer.say("error", id=asked["id"], payload=[{"message": "No.", "extensions": {"code": "FORBIDDEN"}}])
    await tab.wait_for("seen.refused.length === 1")
    assert await tab.evaluate("seen.refused") == ["FORBIDDEN"]
    await peer.close(1012)
    await tab.wait_for("seen.states.filter((state) => state === 'connected').length === 2")
    assert [message["type"] for message in peer.connections[1]] == ["connection_init"]


async def test_a_stream_that_the_server_ends_is_taken_up_again(tab, peer):
    asked = await peer.subscribed(1)
    await peer.tell(asked, "c1", "one")
    await peer.say("complete", id=asked["id"])
    assert (await peer.subscribed(1, times=2))["payload"]["variables"] == {"after": "c1"}


async def test_without_a_network_it_waits_and_with_one_it_goes_on(tab, peer):
    asked = await peer.subscribed(1)
    await peer.tell(asked, "c1", "one")
    await tab.wait_for("seen.events.length === 1")
    await tab.set_offline(True)
    await tab.wait_for("seen.states.at(-1) === 'offline'")
    await asyncio.sleep(1)
    assert len(peer.connections) == 1
    await tab.set_offline(False)
    assert (await peer.subscribed(2))["payload"]["variables"] == {"after": "c1"}
    await tab.wait_for("seen.states.at(-1) === 'connected'")
    assert tab.errors == []


async def test_frames_of_a_stream_it_left_are_nobodys(tab, peer):
    asked = await peer.subscribed(1)
    await peer.tell({"id": "999"}, "c7", "of another")
    await peer.tell(asked, "c1", "one")
    await tab.wait_for("seen.events.length === 1")
    assert await tab.evaluate("seen.events") == ["one"]
    assert tab.errors == []
