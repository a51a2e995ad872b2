"""graphql-transport-ws as its specification says: every message, every close code, and nothing sent tears the socket."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import Any

import pytest
from tests.conftest import BUDGET
from tests.factories.sockets import SUBPROTOCOL, kept_connected
from websockets.exceptions import InvalidStatus

from crm.endpoints.sockets import socket as sockets

office = pytest.fixture(scope="module")(kept_connected)
ME = "{ me { username } }"


async def test_a_socket_signs_in_and_answers_queries(office):
    async with office.line(office.admin.token) as line:
        feed = await line.subscribe(ME)
        answer = {"data": {"me": {"username": "admin"}}, "extensions": {"cost": {"requested": 2, "budget": BUDGET}}}
        assert (await feed.message())["payload"] == answer
        assert (await feed.message()) == {"id": feed.id, "type": "complete"}


async def test_mutations_run_over_the_socket_too(office):
    async with office.line(office.admin.token) as line:
        feed = await line.subscribe('mutation { tagCreate(input: {name: "over the wire"}) { tag { name } } }')
        assert (await feed.message())["payload"]["data"]["tagCreate"] == {"tag": {"name": "over the wire"}}
    assert await office.value("SELECT count(*) FROM tag WHERE name = 'over the wire'") == 1


@pytest.mark.parametrize(
    "frame",
    [
        "null", "[]", "1", '"text"', "{", "", "true", "{}", '{"type": null}', '{"type": 1}', '{"type": "start"}',
        '{"type": "connection_init", "payload": []}', '{"type": "connection_init", "payload": "x"}',
        '{"type": "ping", "payload": 7}', '{"type": "subscribe"}', '{"type": "subscribe", "id": "1"}',
        '{"type": "subscribe", "id": "", "payload": {"query": "{ me { id } }"}}',
        '{"type": "subscribe", "id": 1, "payload": {"query": "{ me { id } }"}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": 7}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "variables": []}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "operationName": 4}}',
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "extensions": []}}',
        '{"type": "ping", "payload": ' + '{"a":' * 300 + "1" + "}" * 300 + "}",
        '{"type": "subscribe", "id": "1", "payload": {"query": "{ me { id } }", "variables": '
        + '{"a":' * 300 + "1" + "}" * 300 + "}}",
        '{"type": "complete"}', '{"type": "complete", "id": {}}', b"\x00\x01",
    ],
)  # fmt: skip
@pytest.mark.parametrize("signed_in", [True, False])
async def test_whatever_is_not_of_the_protocol_closes_4400(office, frame: Any, signed_in: bool):
    async with office.line(office.admin.token if signed_in else None) as line:
        await line.send(frame)
        assert await line.closes() == 4400


async def test_subscribing_before_signing_in_closes_4401(office):
    async with office.line() as line:
        await line.subscribe(ME)
        assert await line.closes() == 4401


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"authorization": None},
        {"authorization": "Bearer"},
        {"authorization": "Basic x"},
        {"authorization": "Bearer no"},
    ],
)
async def test_a_bad_token_closes_4403(office, payload: Any):
    async with office.line() as line:
        await line.send({"type": "connection_init"} | ({} if payload is None else {"payload": payload}))
        assert await line.closes() == 4403


async def test_a_second_sign_in_closes_4429(office):
    async with office.line(office.admin.token) as line:
        await line.send({"type": "connection_init", "payload": {"authorization": f"Bearer {office.admin.token}"}})
        assert await line.closes() == 4429


async def test_two_sign_ins_at_once_close_4429_and_never_ack_twice(office):
    async with office.line() as line:
        init = {"type": "connection_init", "payload": {"authorization": f"Bearer {office.admin.token}"}}
        await line.send(init)
        await line.send(init)
        assert await line.closes() == 4429


async def test_not_signing_in_closes_4408(office, monkeypatch):
    monkeypatch.setattr(sockets, "INIT_SECONDS", 0.1)
    async with office.line() as line:
        assert await line.closes() == 4408


async def test_the_same_id_twice_closes_4409(office):
    query = "subscription { announcements { cursor } }"
    async with office.line(office.admin.token) as line:
        await line.subscribe(query, id="one")
        await line.subscribe(query, id="one")
        assert await line.closes() == 4409


async def test_an_id_is_free_again_after_its_end(office):
    async with office.line(office.admin.token) as line:
        for _ in range(3):
            feed = await line.subscribe(ME, id="one")
            assert (await feed.message())["type"] == "next"
            assert (await feed.message())["type"] == "complete"


async def test_a_completed_subscription_is_gone(office):
    query = "subscription { announcements { cursor } }"
    async with office.line(office.admin.token) as line:
        feed = await line.listen(query)
        await feed.complete()
        assert await feed.silent()
        again = await line.subscribe(query, id=feed.id)
        assert await again.silent()
        assert line.closed is None


async def test_completing_what_never_was_changes_nothing(office):
    async with office.line(office.admin.token) as line:
        await line.send({"type": "complete", "id": "never"})
        assert (await (await line.subscribe(ME)).message())["type"] == "next"


async def test_too_many_operations_are_refused_and_the_others_go_on(office):
    query = "subscription { announcements { cursor } }"
    async with office.line(office.admin.token) as line:
        feeds = [await line.subscribe(query) for _ in range(sockets.MOST_OPERATIONS)]
        over = await line.subscribe(query)
        assert (await over.error())["code"] == "RATE_LIMITED"
        assert await feeds[0].silent()
        assert line.closed is None


async def test_too_many_sockets_of_a_session_close_1013(office):
    person = await office.hire("collector")
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(office.line(person.token))
        sixth = await stack.enter_async_context(office.line())
        await sixth.send({"type": "connection_init", "payload": {"authorization": f"Bearer {person.token}"}})
        assert await sixth.closes() == 1013
    await asyncio.sleep(0.1)
    async with office.line(person.token) as later:
        assert (await (await later.subscribe(ME)).message())["type"] == "next"


@pytest.mark.parametrize("payload", [None, {}, {"at": 7}])
async def test_a_ping_is_answered_with_its_payload(office, payload: Any):
    async with office.line(office.admin.token) as line:
        await line.send({"type": "ping"} | ({} if payload is None else {"payload": payload}))
        assert await line.other() == {"type": "pong"} | ({} if payload is None else {"payload": payload})
        await line.send({"type": "pong"})
        assert (await (await line.subscribe(ME)).message())["type"] == "next"


async def test_a_ping_before_signing_in_is_answered_too(office):
    async with office.line() as line:
        await line.send({"type": "ping"})
        assert await line.other() == {"type": "pong"}
        await line.sign_in(office.admin.token)


async def test_the_server_pings(office, monkeypatch):
    monkeypatch.setattr(sockets, "PING_SECONDS", 0.05)
    async with office.line(office.admin.token) as line:
        await asyncio.sleep(0.3)
        assert line.pinged >= 2
        assert line.closed is None


@pytest.mark.parametrize("subprotocols", [["graphql-ws"], ["mqtt"], None])
async def test_other_protocols_are_turned_away(office, subprotocols: Any):
    async with office.line(subprotocols=subprotocols) as line:
        assert await line.closes() == 4406


async def test_of_several_protocols_ours_is_chosen(office):
    async with office.line(office.admin.token, subprotocols=["graphql-ws", SUBPROTOCOL]) as line:
        assert line.connection.subprotocol == SUBPROTOCOL


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "http://127.0.0.1:1", "http://["])
async def test_pages_of_other_origins_cannot_open_a_socket(office, origin: str):
    with pytest.raises(InvalidStatus) as refused:
        async with office.line(origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_page_can(office):
    async with office.line(office.admin.token, origin=office.address) as line:
        assert (await (await line.subscribe(ME)).message())["type"] == "next"


async def test_a_message_that_is_too_large_closes_1009(office):
    async with office.line(office.admin.token) as line:
        await line.send({"type": "ping", "payload": {"x": "y" * 70_000}})
        assert await line.closes() == 1009


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}), ("{ nothing }", {}), ("subscription { nothing { id } }", {}),
        ("query A { me { id } } query B { me { id } }", {}),
        ("subscription { incomingCalls { cursor } announcements { cursor } }", {}),
        ("subscription ($after: String) { incomingCalls(after: $after) { cursor } }", {"after": 7}),
        ("subscription { __typename }", {}), ("subscription { incomingCalls(after: 3) { cursor } }", {}),
        ("subscription ($after: String!) { incomingCalls(after: $after) { cursor } }", {}),
    ],
)  # fmt: skip
async def test_a_document_that_cannot_run_is_an_error_and_the_socket_stays(office, query: str, variables: dict[str, Any]):
    async with office.line(office.admin.token) as line:
        feed = await line.subscribe(query, **variables)
        message = await feed.message()
        assert message["type"] == "error", message
        assert {error["extensions"]["code"] for error in message["payload"]} == {"BAD_USER_INPUT"}
        assert (await (await line.subscribe(ME)).message())["type"] == "next"


async def test_a_gate_that_is_closed_is_an_error(office):
    nobody = await office.hire("nobody")
    async with office.line(nobody.token) as line:
        assert (await (await line.subscribe("subscription { incomingCalls { cursor } }")).error())["code"] == "FORBIDDEN"
        assert (await (await line.subscribe(ME)).message())["type"] == "next"


@pytest.mark.parametrize("after", ["", "x", "AAAAAAAAAAAAAAAAAAAAAAA", "é" * 23, "A" * 22, "A" * 24, "=" * 23])
async def test_what_is_no_cursor_is_refused(office, after: str):
    async with office.line(office.admin.token) as line:
        feed = await line.subscribe("subscription ($after: String) { incomingCalls(after: $after) { cursor } }", after=after)
        assert (await feed.error())["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("how", ["signed out", "revoked", "expired", "disabled"])
async def test_an_ended_session_loses_its_sockets_within_two_seconds(office, how: str):
    person = await office.hire("leaver" + how.replace(" ", ""))
    async with office.line(person.token) as first, office.line(person.token) as second, office.line(office.admin.token) as other:
        await first.listen("subscription { announcements { cursor } }")
        match how:
            case "signed out":
                await person.run("mutation { signOut { userErrors { code } } }")
            case "revoked":
                await office.rows("UPDATE session SET revoked_at = now() WHERE user_id = $1::text::uuid", person.id)
            case "expired":
                await office.rows("UPDATE session SET expires_at = now() WHERE user_id = $1::text::uuid", person.id)
            case "disabled":
                await office.rows("UPDATE user_account SET active = false WHERE id = $1::text::uuid", person.id)
        started = asyncio.get_running_loop().time()
        assert (await first.closes(2), await second.closes(2)) == (4403, 4403)
        assert asyncio.get_running_loop().time() - started < 2
        assert (await (await other.subscribe(ME)).message())["type"] == "next"


async def test_what_an_ended_session_asks_closes_4403_at_once(office):
    person = await office.hire("leaver")
    async with office.line(person.token) as line:
        await office.rows("UPDATE session SET revoked_at = now() WHERE user_id = $1::text::uuid", person.id)
        await line.subscribe(ME)
        assert await line.closes(1) == 4403
