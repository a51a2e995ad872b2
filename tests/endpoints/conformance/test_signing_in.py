"""Conformance: connection_init and connection_ack. The docstring of each check is the sentence it checks."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.factories.peers import Ended, init, subscribe

ME = "{ me { username } }"
NEWS = "subscription { announcements { cursor } }"


async def test_the_client_speaks_first(connect):
    """After the handshake the server waits for connection_init and says nothing of its own."""
    async with connect() as peer:
        assert await peer.silent()


async def test_init_is_acknowledged_once(connect, admin):
    """connection_init is answered by one connection_ack, and nothing else comes unasked."""
    async with connect() as peer:
        await peer.say(init(admin))
        ack = await peer.hear()
        assert ack["type"] == "connection_ack"
        assert isinstance(ack.get("payload", {}), dict)
        assert await peer.silent()


@pytest.mark.parametrize("key", ["authorization", "Authorization"])
async def test_the_token_is_in_the_payload(connect, admin, key: str):
    """The payload of connection_init is an object in which the two sides agree on what they like: here, a token."""
    async with connect() as peer:
        await peer.say({"type": "connection_init", "payload": {key: f"bearer {admin}", "more": [1, {}]}})
        assert (await peer.hear())["type"] == "connection_ack"


NOBODY = (
    {},
    {"authorization": None},
    {"authorization": ""},
    {"authorization": "Bearer"},
    {"authorization": "Bearer  "},
    {"authorization": "Basic eDp5"},
    {"authorization": "Bearer no"},
    {"authorization": 7},
    {"authorization": ["Bearer x"]},
    {"authorization": "Bearer " + "é" * 50},
    {"authorization": "Bearer \x00"},
    {"token": "x"},
    {"headers": {"authorization": "x"}},
)


@pytest.mark.parametrize("payload", [None, *NOBODY])
async def test_who_is_nobody_is_closed_4403(connect, payload: Any):
    """A client that the server does not want is closed with 4403, and its connection_init is not acknowledged."""
    async with connect() as peer:
        await peer.say({"type": "connection_init"} | ({} if payload is None else {"payload": payload}))
        with pytest.raises(Ended) as ended:
            await peer.hear()
        assert ended.value.code == 4403


@pytest.mark.parametrize("how", ["revoked", "expired", "disabled"])
async def test_who_is_somebody_no_more_is_closed_4403(connect, office, how: str):
    """The same where a token was good once."""
    person = await office.hire("former" + how)
    statement = {
        "revoked": "UPDATE session SET revoked_at = now() WHERE user_id = $1::text::uuid",
        "expired": "UPDATE session SET expires_at = now() WHERE user_id = $1::text::uuid",
        "disabled": "UPDATE user_account SET active = false WHERE id = $1::text::uuid",
    }[how]
    await office.rows(statement, person.id)
    async with connect() as peer:
        await peer.say(init(person.token))
        assert await peer.ends() == 4403


async def test_a_session_that_ends_is_closed_4403_within_two_seconds(connect, office):
    """A client that the server does not want any more is closed with 4403 too, also one that is silent."""
    person = await office.hire("leaver")
    async with connect(person.token) as silent, connect(person.token) as listening:
        await listening.say(subscribe(NEWS))
        assert await listening.lives()
        await person.run("mutation { signOut { userErrors { code } } }")
        assert (await silent.ends(2), await listening.ends(2)) == (4403, 4403)


@pytest.mark.parametrize("message", [subscribe(ME), subscribe(NEWS), subscribe("{"), {"type": "complete", "id": "1"}])
async def test_before_the_acknowledgement_nothing_else_is_served(connect, message: dict[str, Any]):
    """A client that asks before it was acknowledged is closed with 4401."""
    async with connect() as peer:
        await peer.say(message)
        assert await peer.ends() == 4401


async def test_after_a_refused_init_nothing_is_served(connect):
    """What comes behind a connection_init that is refused is not executed."""
    async with connect() as peer:
        await peer.say(init("no"), subscribe(ME))
        assert await peer.ends() == 4403


async def test_what_comes_right_behind_init_waits_for_the_acknowledgement(connect, admin):
    """Messages are taken in their order: a subscribe right behind connection_init is served after the acknowledgement."""
    async with connect() as peer:
        await peer.say(init(admin), subscribe(ME))
        assert [(await peer.hear())["type"] for _ in range(3)] == ["connection_ack", "next", "complete"]


async def test_a_second_init_is_closed_4429(connect, admin):
    """A second connection_init is closed with 4429, however the first one went."""
    async with connect(admin) as peer:
        await peer.say(init(admin))
        assert await peer.ends() == 4429


@pytest.mark.parametrize("second", ["the same", "another", "none"])
async def test_a_second_init_while_the_first_is_in_work_is_closed_4429(connect, office, admin, second: str):
    """The same where the first one has not been acknowledged yet; it is acknowledged once at most."""
    other = {"the same": admin, "another": (await office.hire("other" + second[:1])).token, "none": None}[second]
    async with connect() as peer:
        await peer.say(init(admin), init(other))
        acks = 0
        with pytest.raises(Ended) as ended:
            while True:
                acks += (await peer.hear())["type"] == "connection_ack"
        assert ended.value.code == 4429
        assert acks <= 1


async def test_a_session_has_five_sockets(connect, office):
    """A server may say that it has enough for now: the sixth signed-in socket of a session is closed with 1013."""
    person = await office.hire("collector")
    async with AsyncExitStack() as stack:
        five = [await stack.enter_async_context(connect(person.token)) for _ in range(5)]
        unsigned = await stack.enter_async_context(connect())
        sixth = await stack.enter_async_context(connect())
        await sixth.say(init(person.token))
        assert await sixth.ends() == 1013
        assert await unsigned.silent(), "sockets that have not signed in are nobody's"
        assert all([await each.lives() for each in five])
        another = await stack.enter_async_context(connect((await office.signed_in(person.username)).token))
        assert await another.lives(), "another session of the same person has its own"
    async with connect() as later:
        await later.say(init(person.token))
        assert (await later.hear())["type"] == "connection_ack", "those that were closed are not counted"
