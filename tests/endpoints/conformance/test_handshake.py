"""Conformance: what is agreed on before the first message. The docstring of each check is the sentence it checks."""

from __future__ import annotations

import pytest
from tests.factories.peers import init, subscribe
from tests.factories.sockets import SUBPROTOCOL

ME = "{ me { username } }"


async def test_the_subprotocol_is_confirmed(connect, admin):
    """The server confirms graphql-transport-ws in the handshake."""
    async with connect(admin) as peer:
        assert peer.status == 101
        assert peer.headers["sec-websocket-protocol"] == SUBPROTOCOL


@pytest.mark.parametrize("offered", [f"graphql-ws, {SUBPROTOCOL}", f"{SUBPROTOCOL}, graphql-ws", f"mqtt,{SUBPROTOCOL},x"])
async def test_ours_is_chosen_of_several(connect, admin, offered: str):
    """Of several subprotocols that are offered the server chooses the one it speaks, wherever it stands."""
    async with connect(admin, protocols=offered) as peer:
        assert peer.headers["sec-websocket-protocol"] == SUBPROTOCOL
        assert (await peer.answer(ME))["data"] == {"me": {"username": "admin"}}


@pytest.mark.parametrize("offered", [None, "graphql-ws", "mqtt", "GraphQL-Transport-WS", "graphql-transport-ws2", "graphql, ws"])
async def test_another_subprotocol_closes_4406(connect, offered: str | None):
    """A client that does not offer the subprotocol is closed with 4406, and no other is confirmed in its place."""
    async with connect(protocols=offered) as peer:
        assert "sec-websocket-protocol" not in peer.headers
        assert await peer.ends() == 4406


async def test_no_compression_is_agreed_on(connect, admin):
    """Extensions are agreed on by both sides or not used: the server offers none."""
    async with connect(admin, Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits") as peer:
        assert "sec-websocket-extensions" not in peer.headers
        assert await peer.lives()


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "null", "http://127.0.0.1:1", "http://[", "http://127.0.0.1.evil.test", "file://"]
)
async def test_a_page_of_another_origin_is_refused(connect, origin: str):
    """A browser says which page opens a socket; one that is not of this server is refused before anything is accepted."""
    async with connect(Origin=origin) as peer:
        assert peer.status == 403


async def test_a_page_of_this_server_is_not_refused(connect, admin, office):
    """A page of this server opens sockets, and so does a program, which names no origin."""
    async with connect(admin, Origin=office.address) as peer:
        assert await peer.lives()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Sec_WebSocket_Key": ""}, 400),
        ({"Sec_WebSocket_Key": "x"}, 400),
        ({"Sec_WebSocket_Version": "8"}, 400),
        ({"path": "/x"}, 403),
    ],
)
async def test_a_broken_handshake_is_refused(connect, change: dict[str, str], status: int):
    """A handshake that is none is answered by HTTP, with a status that says what is wrong."""
    async with connect(**change) as peer:
        assert peer.status == status


async def test_a_token_stands_in_the_first_message_and_nowhere_else(connect, admin):
    """Who is asking says connection_init: a header, a cookie or the address of the handshake signs nobody in."""
    given = {"Authorization": f"Bearer {admin}", "Cookie": f"token={admin}", "path": f"/graphql?token={admin}"}
    async with connect(**given) as peer:
        await peer.say(subscribe(ME))
        assert await peer.ends() == 4401
    async with connect(**given) as peer:
        await peer.say({"type": "connection_init"})
        assert await peer.ends() == 4403


async def test_a_second_client_is_not_the_first(connect, admin):
    """Each socket signs in for itself."""
    async with connect(admin), connect() as peer:
        await peer.say(init("no"))
        assert await peer.ends() == 4403
