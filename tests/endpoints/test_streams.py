"""Server-sent events: the promise of sockets, over plain HTTP."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, closing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.factories.api import Api
from tests.factories.harm import held
from tests.factories.sockets import ANNOUNCEMENTS, ConnectedOffice, kept_connected
from tests.factories.streams import (
    ACCEPT,
    CURSORS,
    Listening,
    Plain,
    asked,
    heard,
    listening,
    open_streams,
    publish,
    request,
    until,
)

from crm.core.stream_cursors import read_stream_cursor
from crm.endpoints.streams import stream as streams
from crm.endpoints.streams import wire
from crm.endpoints.streams.frames import next_event, takes_events
from crm.notify import feeds

office = pytest.fixture(scope="module")(kept_connected)
ME = "{ me { username } }"


async def test_what_happens_comes_as_events_with_their_cursors(office):
    async with listening(office.client, office.admin.token, ANNOUNCEMENTS) as listener:
        await heard(listener)
        for title in ("first", "第二"):
            await publish(office, title)
            assert (await listener.next())["announcement"]["title"] == title
        assert await listener.silent()


async def test_nothing_holds_the_events_back(office):
    async with listening(office.client, office.admin.token, CURSORS) as listener:
        headers = listener.response.headers
        assert headers["cache-control"] == "no-cache, no-transform"
        assert headers["x-accel-buffering"] == "no"
        assert "content-encoding" not in headers
        await heard(listener)
        assert listener.retry
        assert streams.SHORTEST_RETRY <= listener.retry <= streams.LONGEST_RETRY


async def test_a_silent_stream_is_kept_alive_by_comments(office, monkeypatch):
    monkeypatch.setattr(streams, "COMMENT_SECONDS", 0.05)
    async with listening(office.client, office.admin.token, CURSORS) as listener:
        await until(lambda: listener.comments >= 3)
        await publish(office, "between comments")
        await listener.next()


@pytest.mark.parametrize("how", ["variable", "header", "both"])
async def test_it_goes_on_after_the_last_cursor(office, how: str):
    async with listening(office.client, office.admin.token, CURSORS) as listener:
        await heard(listener)
        await publish(office, "before")
        first = (await listener.next())["cursor"]
        await publish(office, "seen")
        seen = (await listener.next())["cursor"]
    await publish(office, "missed")
    # A client that reconnects by itself repeats its first `after`; what it saw since says the header.
    after = {"variable": {"after": seen}, "header": {}, "both": {"after": first}}[how]
    headers = {} if how == "variable" else {"Last-Event-ID": seen}
    async with listening(office.client, office.admin.token, ANNOUNCEMENTS, headers=headers, **after) as again:
        assert (await again.next())["announcement"]["title"] == "missed"
        await publish(office, "live")
        assert (await again.next())["announcement"]["title"] == "live"
        assert await again.silent()


async def test_queries_and_mutations_have_one_event_and_an_end(office):
    async with listening(office.client, office.admin.token, ME) as listener:
        event = await listener.event()
        assert (event.event, event.data["data"]) == ("next", {"me": {"username": "admin"}})
        end = await listener.event()
        assert (end.event, end.data) == ("complete", None)
        assert await listener.ends() == []


async def test_an_answer_stands_on_one_line_whoever_wrote_it(office):
    """Some answers are JSON that PostgreSQL wrote, which puts the elements of its lists on lines of their own."""
    for number in range(3):
        await office.hire(f"line{number}")
    query = "{ users(first: 3) { nodes { username } } roles(first: 3) { nodes { name grants { entity } } } }"
    async with listening(office.client, office.admin.token, query) as listener:
        event = await listener.event()
        assert (event.data, (await listener.event()).event) == ((await office.admin.run(query)).body, "complete")
        assert await listener.ends() == []


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        ("text/event-stream", True), ("application/json, TEXT/Event-Stream;q=0.2", True), ("text/event-stream;q=0", False),
        ("text/*", False), ("*/*", False), ("", False), (None, False), ("text/event-streams", False),
    ],
)  # fmt: skip
def test_who_names_the_event_stream_takes_it(accept: str | None, taken: bool):
    assert takes_events(accept) is taken


async def test_who_takes_json_too_gets_it_for_what_has_one_answer(office):
    told = {"Accept": f"application/graphql-response+json, application/json, {ACCEPT}"}
    async with asked(office.client, office.admin.token, ME, headers=told) as response:
        assert response.headers["content-type"].startswith("application/graphql-response+json")
        assert orjson_of(await response.aread())["data"] == {"me": {"username": "admin"}}
    async with listening(office.client, office.admin.token, CURSORS, headers=told) as listener:
        await heard(listener)


def orjson_of(body: bytes) -> Any:
    return httpx.Response(200, content=body).json()


async def test_a_subscription_needs_its_accept_header(office):
    for accept in ("application/json", "*/*", "text/*"):
        async with asked(office.client, office.admin.token, CURSORS, headers={"Accept": accept}) as response:
            assert response.status_code == (406 if accept == "text/*" else 400)
            assert ACCEPT in (await response.aread()).decode()


async def test_get_does_as_well(office):
    told = {"Accept": ACCEPT, "Authorization": f"Bearer {office.admin.token}"}
    async with office.client.stream("GET", "/graphql", params={"query": CURSORS}, headers=told, timeout=None) as response:
        listener = Listening(response)
        await heard(listener)
        await publish(office, "by GET")
        await listener.next()
        listener.reading.cancel()


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{", {}), ("subscription { nothing { id } }", {}), ("subscription { __typename }", {}),
        ("subscription { incomingCalls { cursor } announcements { cursor } }", {}), (CURSORS, {"after": 7}),
        (CURSORS, {"after": "x"}), (CURSORS, {"after": "A" * 23}), ("subscription { announcements(after: 3) { cursor } }", {}),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_document_is_told_in_the_stream(office, query: str, variables: dict[str, Any]):
    async with listening(office.client, office.admin.token, query, **variables) as listener:
        found = await listener.event()
        assert {error["extensions"]["code"] for error in found.data["errors"]} == {"BAD_USER_INPUT"}
        assert (await listener.event()).event == "complete"
        assert await listener.ends() == []
    assert open_streams() == 0


async def test_a_last_event_id_that_is_no_cursor_is_told_in_the_stream(office):
    async with listening(office.client, office.admin.token, CURSORS, headers={"Last-Event-ID": "7"}) as listener:
        assert (await listener.refusal())["code"] == "BAD_USER_INPUT"


async def test_history_that_is_gone_comes_with_where_to_start(office):
    async with listening(office.client, office.admin.token, CURSORS) as listener:
        await heard(listener)
        await publish(office, "old")
        cursor = read_stream_cursor((await listener.next())["cursor"])
    # Of another life of the database. To change the database's own would end everybody's streams when the relay next looks.
    cursor = replace(cursor, epoch=cursor.epoch + 1)
    async with listening(office.client, office.admin.token, CURSORS, after=str(cursor)) as listener:
        found = await listener.refusal()
        assert found["code"] == "HISTORY_GONE"
    async with listening(office.client, office.admin.token, CURSORS, after=found["cursor"]) as listener:
        await heard(listener)


async def test_a_gate_that_is_closed_is_told_in_the_stream(office):
    nobody = await office.hire("nobody")
    query = "subscription { incomingCalls { cursor } }"
    async with listening(office.client, nobody.token, query) as listener:
        assert (await listener.refusal())["code"] == "FORBIDDEN"


@pytest.mark.parametrize("token", [None, "no"])
async def test_who_is_nobody_is_refused_before_the_stream(office, token: str | None):
    async with asked(office.client, token, CURSORS) as response:
        body = orjson_of(await response.aread())
    assert (response.status_code, body["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")
    assert response.headers["content-type"].startswith("application/json")


async def test_what_is_no_request_is_refused_before_the_stream(office):
    told = {"Accept": ACCEPT, "Authorization": f"Bearer {office.admin.token}", "Content-Type": "application/json"}
    for content, status in ((b"{", 400), (b"[]", 400), (b'{"query": 7}', 400)):
        answer = await office.client.post("/graphql", content=content, headers=told)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json; charset=utf-8")


@pytest.mark.parametrize("how", ["signed out", "revoked", "expired", "disabled"])
async def test_an_ended_session_ends_its_streams_within_two_seconds(office, how: str):
    person = await office.hire("listener" + how.replace(" ", ""))
    async with (
        listening(office.client, person.token, CURSORS) as listener,
        listening(office.client, office.admin.token, CURSORS) as other,
    ):
        await heard(listener)
        await heard(other)
        await end(office, person, how)
        started = asyncio.get_running_loop().time()
        await publish(office, f"after {how}")
        assert await listener.refusal() == {"code": "UNAUTHENTICATED"}
        assert asyncio.get_running_loop().time() - started < 2
        await other.next()
    async with asked(office.client, person.token, CURSORS) as response:
        assert response.status_code == 401


async def end(office: ConnectedOffice, person: Api, how: str) -> None:
    match how:
        case "signed out":
            await person.run("mutation { signOut { userErrors { code } } }")
        case "revoked":
            await office.rows("UPDATE session SET revoked_at = now() WHERE user_id = $1::text::uuid", person.id)
        case "expired":
            await office.rows("UPDATE session SET expires_at = now() WHERE user_id = $1::text::uuid", person.id)
        case "disabled":
            await office.rows("UPDATE user_account SET active = false WHERE id = $1::text::uuid", person.id)


async def test_streams_and_sockets_of_a_session_are_counted_together(office):
    person = await office.hire("collector")
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(office.line(person.token))
        for _ in range(3):
            await heard(await stack.enter_async_context(listening(office.client, person.token, CURSORS)))
        async with asked(office.client, person.token, CURSORS) as response:
            body = orjson_of(await response.aread())
        assert (response.status_code, body["errors"][0]["extensions"]["code"]) == (429, "RATE_LIMITED")
        assert response.headers["retry-after"] == "5"
        async with office.line() as sixth:
            await sixth.send({"type": "connection_init", "payload": {"authorization": f"Bearer {person.token}"}})
            assert await sixth.closes() == 1013
    await until(lambda: open_streams() == 0)
    async with listening(office.client, person.token, CURSORS) as later:
        await heard(later)


async def test_a_client_that_vanishes_is_forgotten(office, monkeypatch, caplog):
    monkeypatch.setattr(streams, "COMMENT_SECONDS", 0.1)
    before = held(office)[1]
    async with asyncio.timeout(20):
        for late in (b"", request("x", "no", ME)):
            person = await office.hire(f"vanishing{len(late)}")
            with closing(Plain(office.address)) as plain:
                await plain.ask(str(person.token), CURSORS)
                assert b"200 OK" in await plain.part()
                await until(lambda: open_streams() == 1)
                if late:  # a second request behind the one that goes on
                    await asyncio.get_running_loop().sock_sendall(plain.socket, late)
                    await asyncio.sleep(0.05)
            await until(lambda: open_streams() == 0)
    await until(lambda: held(office)[1] <= before)
    assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []


async def test_a_client_that_never_reads_is_cut_off_and_others_are_not(office, monkeypatch, caplog):
    monkeypatch.setattr(wire, "SEND_SECONDS", 0.5)
    deaf_one = await office.hire("deaf")
    with closing(Plain(office.address)) as deaf:
        await deaf.ask(deaf_one.token, ANNOUNCEMENTS)
        async with listening(office.client, office.admin.token, ANNOUNCEMENTS) as listener:
            await heard(listener)
            await until(lambda: open_streams() == 2)
            for number in range(200):
                await publish(office, f"long {number}", 20_000)
                assert (await listener.next())["announcement"]["title"] == f"long {number}"
                if open_streams() == 1:
                    break
            await until(lambda: open_streams() == 1)
        data = b""
        while part := await deaf.part():
            data += part
    assert b"event: complete" not in data, "it is to come back with its cursor"
    assert data.count(b"event: next") < 100
    assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []


async def test_who_was_away_for_long_is_brought_up_in_one_go(office, monkeypatch):
    """What is missed is read as fast as it can be shown, which must not be faster than it can be written."""
    monkeypatch.setattr(feeds, "MOST_WAITING", 4)
    async with listening(office.client, office.admin.token, CURSORS) as listener:
        await heard(listener)
        await publish(office, "the last one seen")
        seen = (await listener.next())["cursor"]
    for number in range(40):
        await publish(office, f"missed {number}", 2_000)
    async with listening(office.client, office.admin.token, ANNOUNCEMENTS, after=seen) as listener:
        titles = [(await listener.next())["announcement"]["title"] for _ in range(40)]
        assert titles == [f"missed {number}" for number in range(40)]
        assert await listener.silent()


async def test_who_is_further_behind_than_a_queue_comes_back_with_its_cursor(office, monkeypatch):
    """The stream ends without `complete`; by the cursor of what was read the rest comes, once."""
    monkeypatch.setattr(feeds, "MOST_WAITING", 3)
    monkeypatch.setattr(streams.Wire, "write", slowly(streams.Wire.write))
    async with listening(office.client, office.admin.token, ANNOUNCEMENTS) as listener:
        await heard(listener)
        for number in range(20):
            await publish(office, f"n{number}")
        got = await listener.ends()
    told = [event.data["data"]["announcements"]["announcement"]["title"] for event in got]
    assert 0 < len(told) < 20
    assert all(event.event == "next" for event in got)
    monkeypatch.undo()
    async with listening(office.client, office.admin.token, ANNOUNCEMENTS, after=got[-1].id) as listener:
        told += [(await listener.next())["announcement"]["title"] for _ in range(20 - len(told))]
    assert told == [f"n{number}" for number in range(20)]


def slowly(write: Any) -> Any:
    """As to a client that takes its time."""

    async def wait(self: Any, *arguments: Any, **named: Any) -> None:
        await write(self, *arguments, **named)
        await asyncio.sleep(0.2)

    return wait


def test_a_line_break_in_an_answer_breaks_no_event():
    assert next_event(b'{"a":[1, \n 2]}\r\n', "c").count(b"\n") == 4
