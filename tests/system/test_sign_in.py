"""Signing in: who gets a token, who is held up, and that nobody learns which names exist."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.factories.api import PASSWORD, Api, Office, opened

office = pytest.fixture(opened)

SELECTION = "token expiresAt user { username } userErrors { code message field }"
SIGN_IN = f"mutation ($u: String!, $p: String!) {{ signIn(input: {{username: $u, password: $p}}) {{ {SELECTION} }} }}"
LIMITED = [["RATE_LIMITED"]]


async def attempt(api: Api, username: str, password: str = "wrong"):
    return await api.run(SIGN_IN, u=username, p=password)


def outcome(answer) -> str:
    """What became of one attempt, in a word."""
    return answer.codes[0] if answer.errors else "IN" if answer.data["signIn"]["token"] else "WRONG"


async def test_the_right_password_gives_a_token_that_works(office: Office):
    given = (await attempt(office.anonymous, "admin", PASSWORD)).data["signIn"]
    assert (given["user"], given["userErrors"]) == ({"username": "admin"}, [])
    left = datetime.fromisoformat(given["expiresAt"]) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert await Api(office.client, given["token"]).ask("me", "username") == {"username": "admin"}


async def test_the_username_counts_in_any_letter_case(office: Office):
    assert outcome(await attempt(office.anonymous, "ADMIN", PASSWORD)) == "IN"


async def test_only_a_digest_of_the_token_is_stored(office: Office):
    token = (await attempt(office.anonymous, "admin", PASSWORD)).data["signIn"]["token"]
    stored = await office.value("SELECT string_agg(s::text, ' ') FROM session s")
    assert token not in stored
    assert token.encode().hex() not in stored


async def test_unknown_and_known_names_are_answered_with_the_same_bytes(office: Office):
    await office.hire("left", active=False)
    answers = [
        await attempt(office.anonymous, name)
        for name in ("admin", "nobody", "left", "x" * 64, "x" * 65, "x" * 10_000, "\x00", "")
    ]
    assert all(answer.body == answers[0].body and answer.status == 200 for answer in answers)
    assert answers[0].data["signIn"]["userErrors"][0]["code"] == "INVALID"


async def test_a_disabled_account_is_closed_even_with_the_right_password(office: Office):
    await office.hire("left", active=False)
    right, wrong = await attempt(office.anonymous, "left", PASSWORD), await attempt(office.anonymous, "left")
    assert right.body == wrong.body


async def test_a_name_has_five_failures_at_an_address(office: Office):
    assert [outcome(await attempt(office.anonymous, "admin")) for _ in range(6)] == ["WRONG"] * 5 + ["RATE_LIMITED"]
    held_up = await attempt(office.anonymous, "admin", PASSWORD)
    assert held_up.codes == ["RATE_LIMITED"]
    assert held_up.errors[0]["extensions"]["retryAfter"] == 1800
    assert outcome(await attempt(office.anonymous, "somebody")) == "WRONG"


@pytest.mark.parametrize("name", ["admin", "nobody"])
async def test_being_held_up_does_not_tell_whether_the_name_exists(office: Office, name):
    outcomes = [outcome(await attempt(office.anonymous, name)) for _ in range(7)]
    assert outcomes == ["WRONG"] * 5 + ["RATE_LIMITED"] * 2


async def test_letter_case_makes_no_second_name(office: Office):
    for name in ("admin", "Admin", "ADMIN", "aDmin", "adMin"):
        assert outcome(await attempt(office.anonymous, name)) == "WRONG"
    assert outcome(await attempt(office.anonymous, "admiN", PASSWORD)) == "RATE_LIMITED"


async def test_an_address_has_twenty_failures_over_all_names(office: Office):
    outcomes = [outcome(await attempt(office.anonymous, f"name{n}")) for n in range(22)]
    assert outcomes == ["WRONG"] * 20 + ["RATE_LIMITED"] * 2
    assert outcome(await attempt(office.anonymous, "admin", PASSWORD)) == "RATE_LIMITED"


@pytest.mark.parametrize("odd", ["x" * 65, "a\x00b"])
async def test_names_that_nobody_can_have_count_for_the_address_too(office: Office, odd):
    outcomes = [outcome(await attempt(office.anonymous, odd)) for _ in range(25)]
    assert "RATE_LIMITED" in outcomes


async def test_attempts_under_aliases_are_counted_one_by_one(office: Office):
    parts = [f'a{n}: signIn(input: {{username: "admin", password: "wrong{n}"}}) {{ token }}' for n in range(9)]
    right = f'z: signIn(input: {{username: "admin", password: "{PASSWORD}"}}) {{ token }}'
    answer = await office.anonymous.run(f"mutation {{ {' '.join(parts)} {right} }}")
    assert answer.codes[0] == "RATE_LIMITED"
    assert not answer.data or answer.data["z"] is None
    assert await office.value("SELECT count(*) FROM sign_in_attempt") == 5


async def test_attempts_at_once_are_counted_one_by_one(office: Office):
    answers = await asyncio.gather(*(attempt(office.anonymous, "admin", f"wrong{n}") for n in range(12)))
    assert sorted(map(outcome, answers)) == ["RATE_LIMITED"] * 7 + ["WRONG"] * 5


async def test_successes_are_not_counted(office: Office):
    assert {outcome(await attempt(office.anonymous, "admin", PASSWORD)) for _ in range(7)} == {"IN"}


async def test_failures_are_forgotten_after_half_an_hour(office: Office):
    for _ in range(6):
        await attempt(office.anonymous, "admin")
    await office.rows("UPDATE sign_in_attempt SET at = at - interval '31 minutes'")
    assert outcome(await attempt(office.anonymous, "admin", PASSWORD)) == "IN"


async def test_a_failed_attempt_leaves_nothing_but_the_count(office: Office):
    before = await office.checksums()
    await attempt(office.anonymous, "admin")
    after = await office.checksums()
    assert {name for name in after if after[name] != before[name]} == {"sign_in_attempt"}


async def test_a_name_that_grows_in_small_letters_is_a_wrong_name(office: Office):
    assert outcome(await attempt(office.anonymous, "İ" * 64)) == "WRONG"
