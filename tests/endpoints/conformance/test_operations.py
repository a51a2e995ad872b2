"""Conformance: subscribe, next, error, complete. The docstring of each check is the sentence it checks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.factories.peers import Peer, subscribe
from tests.factories.sockets import CALLS

from crm.core.stream_cursors import StreamCursor, read_stream_cursor

ME = "{ me { username } }"
NEWS = "subscription ($after: String) { announcements(after: $after) { cursor announcement { title } } }"
MOST = 20


async def publish(office, title: str) -> None:
    await office.admin.do(
        "announcementPublish", "announcement { id }", input={"title": title, "body": "x", "audience": {"everyone": True}}
    )


async def begun(peer: Peer, office, id: str = "1", query: str = NEWS, **variables: Any) -> None:
    """A subscription that has been taken in: the server takes messages in their order, and entering it takes a moment."""
    before = office.arrivals.done
    await peer.say(subscribe(query, id, **variables))
    await office.arrivals.beyond(before)


async def refused(peer: Peer, query: str, id: str = "1", **variables: Any) -> set[str]:
    """The codes of the one `error` that answers this operation."""
    await peer.say(subscribe(query, id, **variables))
    message = await peer.hear()
    assert (message["type"], message["id"]) == ("error", id), message
    assert message.keys() == {"type", "id", "payload"}
    assert message["payload"], "an error message lists at least one error"
    assert all(isinstance(error["message"], str) and error["message"] for error in message["payload"])
    return {error["extensions"]["code"] for error in message["payload"]}


async def test_a_query_is_answered_by_next_and_complete(connect, admin):
    """A single result is one next with it, and then complete."""
    async with connect(admin) as peer:
        await peer.say(subscribe(ME))
        message = await peer.hear()
        assert message.keys() == {"type", "id", "payload"}
        assert (message["type"], message["id"], message["payload"]["data"]) == ("next", "1", {"me": {"username": "admin"}})
        assert await peer.hear() == {"type": "complete", "id": "1"}
        assert await peer.silent()


async def test_a_mutation_runs_once(connect, admin, office):
    """A mutation is an operation like others, and it runs once."""
    async with connect(admin) as peer:
        found = await peer.answer('mutation { tagCreate(input: {name: "over the wire"}) { tag { name } } }')
        assert found["data"] == {"tagCreate": {"tag": {"name": "over the wire"}}}
    assert await office.value("SELECT count(*) FROM tag WHERE name = 'over the wire'") == 1


async def test_a_subscription_has_a_next_for_each_event_until_it_is_completed(connect, admin, office):
    """A stream of results is a next for each of them, in their order."""
    async with connect(admin) as peer:
        await begun(peer, office)
        for title in ("one", "two", "三"):
            await publish(office, title)
            message = await peer.hear()
            assert (message["type"], message["id"]) == ("next", "1")
            assert message["payload"]["data"]["announcements"]["announcement"]["title"] == title


async def test_after_complete_of_the_client_nothing_comes(connect, admin, office):
    """When the client has completed an operation, the server sends nothing more for it, no complete either."""
    async with connect(admin) as peer:
        await begun(peer, office)
        await peer.say({"type": "complete", "id": "1"})
        assert await peer.lives()
        await publish(office, "nobody listens")
        assert await peer.silent()


async def test_after_complete_the_id_is_free_again(connect, admin, office):
    """An id belongs to one operation at a time; when that is over, another may have it."""
    async with connect(admin) as peer:
        for _ in range(3):
            assert (await peer.answer(ME, "one"))["data"] == {"me": {"username": "admin"}}
        for number in range(3):
            await begun(peer, office, "one")
            await publish(office, f"round {number}")
            assert (await peer.hear())["payload"]["data"]["announcements"]["announcement"]["title"] == f"round {number}"
            await peer.say({"type": "complete", "id": "one"})
        assert await peer.lives()
        assert await peer.silent()


async def test_after_an_error_the_id_is_free_again(connect, admin):
    """An error ends its operation: no complete follows, and the id is free."""
    async with connect(admin) as peer:
        assert await refused(peer, "{ nothing }") == {"BAD_USER_INPUT"}
        assert await peer.silent(0.1)
        assert (await peer.answer(ME, "1"))["data"]


@pytest.mark.parametrize("second", [NEWS, ME, "{"])
async def test_an_id_that_is_taken_is_closed_4409(connect, admin, office, second: str):
    """A second operation with the id of one that runs closes the socket with 4409, whatever it is."""
    async with connect(admin) as peer:
        await begun(peer, office, "one")
        await peer.say(subscribe(second, "one"))
        assert await peer.ends() == 4409


async def test_the_same_id_in_the_same_breath_is_closed_4409(connect, admin):
    """The same where the first has not begun yet."""
    async with connect(admin) as peer:
        await peer.say(subscribe(NEWS, "one"), subscribe(NEWS, "one"))
        assert await peer.ends() == 4409


async def test_other_sockets_may_have_the_same_id(connect, admin, office):
    """An id belongs to its socket."""
    async with connect(admin) as first, connect(admin) as second:
        await begun(first, office, "one")
        await begun(second, office, "one")
        await publish(office, "both")
        assert (await first.hear())["id"] == (await second.hear())["id"] == "one"


@pytest.mark.parametrize("id", ["never", "1"])
async def test_completing_what_is_not_there_is_let_pass(connect, admin, id: str):
    """The complete of a client may cross the one of the server: it is no mistake, also when it comes twice."""
    async with connect(admin) as peer:
        await peer.answer(ME, "1")
        await peer.say({"type": "complete", "id": id}, {"type": "complete", "id": id})
        assert await peer.lives()
        assert await peer.silent(0.1)


async def test_complete_right_behind_subscribe_ends_it(connect, admin, office):
    """An operation may be completed before it has given anything."""
    async with connect(admin) as peer:
        await peer.say(*(message for n in range(50) for message in (subscribe(NEWS, f"{n}"), {"type": "complete", "id": f"{n}"})))
        assert await peer.lives()
        await publish(office, "for nobody")
        assert await peer.silent()


@pytest.mark.parametrize("id", ["x" * 128, '"', "\\", "a\nb\u0000c", "张三 😀 \u2028", "__proto__", "</script>", " ", "\x7f"])
async def test_an_id_is_given_back_as_it_came(connect, admin, office, id: str):
    """An id is a text of the client's choice."""
    async with connect(admin) as peer:
        assert (await peer.answer(ME, id))["data"]
        await begun(peer, office, id)
        await publish(office, "id")
        assert (await peer.hear())["id"] == id
        assert await refused(peer, "{", id + "!" if len(id) < 128 else "y") == {"BAD_USER_INPUT"}


WRONG = {
    "no document": ("", {}),
    "a brace": ("{", {}),
    "an unknown field": ("{ nothing }", {}),
    "no GraphQL": ("SELECT 1", {}),
    "an unknown subscription": ("subscription { nothing { id } }", {}),
    "two operations, none named": ("query A { me { id } } query B { me { id } }", {}),
    "two subscriptions at once": ("subscription { incomingCalls { cursor } announcements { cursor } }", {}),
    "a variable of the wrong type": (NEWS, {"after": 7}),
    "a variable that is missing": ("subscription ($after: String!) { announcements(after: $after) { cursor } }", {}),
    "an argument of the wrong type": ("subscription { announcements(after: 3) { cursor } }", {}),
    "only __typename": ("subscription { __typename }", {}),
    "only a fragment": ("fragment f on User { id }", {}),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_run_is_an_error_and_the_socket_stays(connect, admin, name: str):
    """Errors before an operation begins, of syntax, validation or variables, are an error message for it; others go on."""
    query, variables = WRONG[name]
    async with connect(admin) as peer:
        assert await refused(peer, query, **variables) == {"BAD_USER_INPUT"}
        assert await peer.lives()


async def test_an_operation_name_that_is_not_there_is_an_error(connect, admin):
    """operationName chooses one of the document's operations."""
    message = subscribe("query A { me { id } } query B { me { username } }")
    async with connect(admin) as peer:
        await peer.say(message | {"payload": message["payload"] | {"operationName": "B"}})
        assert (await peer.hear())["payload"]["data"] == {"me": {"username": "admin"}}
        await peer.hear()
        await peer.say(message | {"payload": message["payload"] | {"operationName": "C"}})
        assert (await peer.hear())["type"] == "error"


async def test_an_error_while_it_runs_is_part_of_the_result(connect, admin):
    """Errors of execution stand in the next they belong to, and complete follows."""
    async with connect(admin) as peer:
        found = await peer.answer('{ me { username } node(id: "nothing") { id } }')
        assert found["data"] == {"me": {"username": "admin"}, "node": None}
        assert found["errors"][0]["path"] == ["node"]


async def test_who_may_not_listen_gets_an_error(connect, office):
    """What a client may not do is an error of that operation."""
    nobody = await office.hire("nobody")
    async with connect(nobody.token) as peer:
        assert await refused(peer, CALLS) == {"FORBIDDEN"}
        assert await peer.lives()


async def test_twenty_operations_are_open_at_once(connect, admin, office):
    """A server may limit what a socket asks for at once: the 21st is refused, the others go on, and one that ends makes room."""
    async with connect(admin) as peer:
        for number in range(MOST):
            await begun(peer, office, f"{number}")
        assert await refused(peer, ME, "over") == {"RATE_LIMITED"}
        assert await refused(peer, NEWS, "over") == {"RATE_LIMITED"}
        await publish(office, "to all twenty")
        assert {(await peer.hear())["id"] for _ in range(MOST)} == {f"{number}" for number in range(MOST)}
        await peer.say({"type": "complete", "id": "3"})
        assert (await peer.answer(ME, "room"))["data"]


async def test_what_one_operation_does_is_nothing_to_the_others(connect, admin, office):
    """Operations are independent: one may fail, end or go on beside the others."""
    async with connect(admin) as peer:
        await begun(peer, office, "stays")
        await begun(peer, office, "goes")
        assert await refused(peer, "{", "fails") == {"BAD_USER_INPUT"}
        await peer.say({"type": "complete", "id": "goes"})
        assert (await peer.answer(ME, "asks"))["data"]
        await publish(office, "for who stays")
        assert (await peer.hear())["id"] == "stays"
        assert await peer.silent()


@pytest.mark.parametrize(
    "after", ["", "x", "A" * 22, "A" * 23, "A" * 24, "=" * 23, "é" * 23, " " * 23, "../../../../etc/passwd.."]
)
async def test_what_is_no_cursor_is_an_error(connect, admin, after: str):
    """A cursor that was never given out is told so, and nothing is listened to."""
    async with connect(admin) as peer:
        assert await refused(peer, NEWS, after=after) == {"BAD_USER_INPUT"}


async def last_cursor(peer: Peer, office) -> StreamCursor:
    await begun(peer, office, "cursor")
    await publish(office, "to have a cursor")
    cursor = (await peer.hear())["payload"]["data"]["announcements"]["cursor"]
    await peer.say({"type": "complete", "id": "cursor"})
    return read_stream_cursor(cursor)


@pytest.mark.parametrize(("name", "by"), [("epoch", 1), ("seq", 1), ("seq", 2**62)])
async def test_a_cursor_that_was_made_up_is_told_where_to_start(connect, admin, office, name: str, by: int):
    """A cursor of another life of the database, or ahead of the stream, is answered by HISTORY_GONE and one that works."""
    async with connect(admin) as peer:
        cursor = await last_cursor(peer, office)
        made_up = replace(cursor, **{name: (getattr(cursor, name) + by) % 2**63})
        await peer.say(subscribe(NEWS, "1", after=str(made_up)))
        message = await peer.hear()
        (error,) = message["payload"]
        assert (message["type"], error["extensions"]["code"]) == ("error", "HISTORY_GONE")
        await begun(peer, office, "again", after=error["extensions"]["cursor"])
        assert (await peer.hear())["type"] == "next"


@pytest.mark.parametrize("number", [0, 1, 3, 99, 255])
async def test_a_cursor_of_another_subscription_is_an_error(connect, admin, office, number: int):
    """A cursor belongs to the subscription it came from."""
    async with connect(admin) as peer:
        cursor = await last_cursor(peer, office)
        assert await refused(peer, NEWS, after=str(StreamCursor(cursor.epoch, number, cursor.seq))) == {"BAD_USER_INPUT"}


async def test_a_cursor_goes_on_behind_itself(connect, admin, office):
    """After a break each event since comes once, in order, and then what happens."""
    async with connect(admin) as peer:
        cursor = str(await last_cursor(peer, office))
    for title in ("missed", "missed too"):
        await publish(office, title)
    async with connect(admin) as peer:
        await begun(peer, office, after=cursor)
        await publish(office, "live")
        told = [(await peer.hear())["payload"]["data"]["announcements"]["announcement"]["title"] for _ in range(3)]
        assert told == ["missed", "missed too", "live"]
        assert await peer.silent()
