"""Sessions: one's own are listed and can be ended, and an ended one is worth nothing from the next request on."""

from __future__ import annotations

import pytest
from tests.factories.api import PASSWORD, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)


async def test_me_tells_who_one_is_and_what_one_may(office: Office):
    agent = await office.hire("agent", {"customer.READ": "OWN"}, hidden=["customer.creditLimit"], frozen=["customer.website"])
    me = await agent.ask(
        "me", "id username displayName permissions { entity action scope } hiddenFields frozenFields user { id }"
    )
    assert me == {
        "id": agent.id,
        "username": "agent",
        "displayName": "agent",
        "permissions": [{"entity": "customer", "action": "READ", "scope": "OWN"}],
        "hiddenFields": ["customer.creditLimit"],
        "frozenFields": ["customer.creditLimit"],
        "user": {"id": agent.id},
    }


async def test_ones_own_sessions_are_listed_newest_first_and_nobody_elses(office: Office):
    agent = await office.hire("agent")
    newer = await office.signed_in("agent")
    listed = (await newer.ask("me", "sessions { id current createdAt }"))["sessions"]
    assert [each["current"] for each in listed] == [True, False]
    assert [each["current"] for each in (await agent.ask("me", "sessions { current }"))["sessions"]] == [False, True]
    assert (await office.admin.asked("node", "id", id=listed[0]["id"])).codes == ["NOT_FOUND"]


async def test_signing_out_ends_this_session_and_no_other(office: Office):
    agent = await office.hire("agent")
    other = await office.signed_in("agent")
    assert await agent.tried("signOut") == {"userErrors": []}
    assert (await agent.run("{ __typename }")).status == 401
    assert (await other.run("{ me { id } }")).errors == []


async def test_signing_out_answers_even_when_the_session_is_asked_for(office: Office):
    agent = await office.hire("agent")
    answer = await agent.run("mutation { signOut { session { id } userErrors { code } } }")
    assert answer.status == 200
    assert answer.data["signOut"]["userErrors"] == []


async def test_a_lost_device_is_signed_out_from_another(office: Office):
    lost = await office.hire("agent")
    here = await office.signed_in("agent")
    assert (await lost.run("{ me { id } }")).status == 200
    sessions = (await here.ask("me", "sessions { id current }"))["sessions"]
    key = next(each["id"] for each in sessions if not each["current"])
    ended = await here.do("sessionRevoke", "session { id revokedAt }", id=key)
    assert ended["revokedAt"]
    assert (await lost.run("{ me { id } }")).status == 401
    assert await here.refusals("sessionRevoke", id=key) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize("odd", ["", "x", "\x00", unknown(Kind.SESSION), unknown(Kind.USER)])
async def test_a_session_that_is_not_ones_own_is_not_found(office: Office, odd):
    agent = await office.hire("agent")
    others = (await office.admin.ask("me", "sessions { id }"))["sessions"][0]["id"]
    async with office.unchanged():
        assert await agent.refusals("sessionRevoke", id=others) == [("NOT_FOUND", ["id"])]
        assert await agent.refusals("sessionRevoke", id=odd) == [("NOT_FOUND", ["id"])]
    assert (await office.admin.run("{ me { id } }")).status == 200


async def test_a_mutation_of_an_ended_session_changes_nothing(office: Office):
    agent = await office.hire("agent", {"customer.*": "ALL"})
    assert (await agent.run("{ me { id } }")).status == 200
    await office.rows("UPDATE session SET revoked_at = now() WHERE user_id = $1::uuid", agent.id)
    async with office.unchanged():
        answer = await agent.run('mutation { customerCreate(input: {name: "x"}) { customer { id } } }')
    assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])


async def test_a_new_password_ends_every_session(office: Office):
    agent = await office.hire("agent")
    assert (await agent.run("{ me { id } }")).status == 200
    await office.admin.do("userResetPassword", "user { id }", id=agent.id, password="another right long one")
    assert (await agent.run("{ me { id } }")).status == 401
    answer = await office.anonymous.run(
        'mutation ($p: String!) { signIn(input: {username: "agent", password: $p}) { token } }', p="another right long one"
    )
    assert answer.data["signIn"]["token"]
    old = await office.anonymous.run(
        'mutation ($p: String!) { signIn(input: {username: "agent", password: $p}) { token } }', p=PASSWORD
    )
    assert old.data["signIn"]["token"] is None


@pytest.mark.parametrize("bad", ["", "short", "x" * 201, "aaaaaaaaaaaa", "password123", "agent-agent"])
async def test_a_bad_password_is_refused_at_its_argument(office: Office, bad):
    agent = await office.hire("agent-agent")
    async with office.unchanged():
        assert await office.admin.refusals("userResetPassword", id=agent.id, password=bad) == [("INVALID", ["password"])]
    assert (await agent.run("{ me { id } }")).status == 200
