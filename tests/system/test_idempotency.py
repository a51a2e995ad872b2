"""Idempotency keys: one effect for each key, whatever is sent again, and however many at once."""

from __future__ import annotations

import asyncio
import hashlib

import orjson
import pytest
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
CUSTOMER = "customer { id name version }"


async def test_the_same_again_answers_the_first_result(office: Office):
    first = await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")
    async with office.unchanged():
        for _ in range(3):
            assert await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k") == first


async def test_another_session_of_the_same_person_gets_the_first_result_too(office: Office):
    other = await office.signed_in("admin")
    first = await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")
    assert await other.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k") == first


async def test_a_repeated_update_is_no_conflict(office: Office):
    made = await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"})
    for _ in range(2):
        changed = await office.admin.do(
            "customerUpdate", CUSTOMER, id=made["id"], version=1, input={"name": "中兴"}, idempotencyKey="k"
        )
        assert (changed["name"], changed["version"]) == ("中兴", 2)


OTHERS = [
    ("customerCreate", {"input": {"name": "中兴"}}),
    ("customerCreate", {"input": {"name": "华为", "note": None}}),
    ("customerCreate", {"input": {"name": "华为", "phoneNumbers": []}}),
    ("channelCreate", {"input": {"name": "华为"}}),
    ("tagCreate", {"input": {"name": "华为"}}),
]


@pytest.mark.parametrize(("verb", "arguments"), OTHERS)
async def test_other_input_under_a_key_is_a_conflict_and_nothing_is_written(office: Office, verb, arguments):
    await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")
    async with office.unchanged():
        assert await office.admin.refusals(verb, **arguments, idempotencyKey="k") == [("CONFLICT", ["idempotencyKey"])]


async def test_of_identical_creates_at_once_one_is_made(office: Office):
    call = {"input": {"name": "华为", "phoneNumbers": [{"raw": "13800138000"}]}, "idempotencyKey": "k"}
    made = await asyncio.gather(*(office.admin.do("customerCreate", CUSTOMER, **call) for _ in range(8)))
    assert len({each["id"] for each in made}) == 1
    assert await office.value("SELECT count(*) FROM party") == 1
    assert await office.value("SELECT count(*) FROM phone_number") == 1
    assert await office.value("SELECT count(*) FROM change WHERE verb = 'customer.create'") == 1


async def test_many_retries_of_many_creates_have_one_effect_each(office: Office):
    calls = [{"input": {"name": f"公司{n}"}, "idempotencyKey": f"k{n}"} for n in range(10)] * 6
    await asyncio.gather(*(office.admin.do("customerCreate", CUSTOMER, **call) for call in calls))
    assert await office.value("SELECT count(*) FROM party") == 10


async def test_another_persons_key_is_another_key(office: Office):
    other = await office.hire("other", {"customer.*": "OWN"})
    ids = {
        (await api.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k"))["id"]
        for api in (office.admin, other)
    }
    assert len(ids) == 2
    async with office.unchanged():
        assert await other.refusals("customerCreate", input={"name": "x"}, idempotencyKey="k") == [
            ("CONFLICT", ["idempotencyKey"])
        ]


async def test_a_refusal_does_not_use_the_key_up(office: Office):
    async with office.unchanged():
        assert await office.admin.refusals("customerCreate", input={"name": " "}, idempotencyKey="k") == [
            ("REQUIRED", ["input", "name"])
        ]
    await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")


async def test_a_bulk_verb_answers_its_first_results_refusals_included(office: Office):
    made = await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"})
    given = {"ids": [made["id"], "nonsense"], "toId": (await office.hire("other")).id}
    selection = "results { id userErrors { code message field currentVersion } }"
    first = await office.admin.do("recordsTransfer", selection, input=given, idempotencyKey="k")
    async with office.unchanged():
        assert await office.admin.do("recordsTransfer", selection, input=given, idempotencyKey="k") == first
    assert [len(each["userErrors"]) for each in first] == [0, 1]


async def test_a_key_is_kept_for_seven_days(office: Office):
    await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")
    await office.rows("UPDATE idempotency_key SET created_at = now() - interval '6 days 23 hours'")
    await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")
    assert await office.value("SELECT count(*) FROM party") == 1
    await office.rows("UPDATE idempotency_key SET created_at = now() - interval '7 days 1 hour'")
    await office.admin.do("customerCreate", CUSTOMER, input={"name": "华为"}, idempotencyKey="k")
    assert await office.value("SELECT count(*) FROM party") == 2


@pytest.mark.parametrize("key", ["", "x" * 101, "a\x00b"])
async def test_an_odd_key_is_refused(office: Office, key):
    async with office.unchanged():
        assert await office.admin.refusals("customerCreate", input={"name": "x"}, idempotencyKey=key) == [
            ("INVALID", ["idempotencyKey"])
        ]


async def test_what_is_kept_of_a_password_cannot_be_guessed_at(office: Office):
    """A digest without a secret would be a fast way round the slow hash."""
    agent = await office.hire("agent")
    password = "another right long one"
    await office.admin.do("userResetPassword", "user { id }", id=agent.id, password=password, idempotencyKey="k")
    stored = await office.value("SELECT fingerprint FROM idempotency_key")
    plain = orjson.dumps({"id": agent.id, "password": password}, option=orjson.OPT_SORT_KEYS)
    assert stored != hashlib.sha256(plain).hexdigest()
