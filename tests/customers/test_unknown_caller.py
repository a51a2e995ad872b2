"""A caller nobody knows becomes a customer in one step."""

from __future__ import annotations

import asyncio

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, CALL, SETTINGS, Hotline
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
MADE = """call { id party { name } contact { name } activity { party { name } contact { name } } }
    customer { id name lifecycle source { code } owner { username } phoneNumbers { e164 } }
    contact { id name title party { name } phoneNumbers { e164 } }"""


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def rung(hotline: Hotline, name: str = "c1", **given: str) -> str:
    await hotline.pbx.tell("ringing", name, **given)
    return await hotline.call_id(name)


async def test_the_caller_becomes_a_contact_of_a_new_lead(hotline: Hotline):
    key = await rung(hotline)
    made = await hotline.agents[0].do(
        "callCustomerCreate", MADE, id=key, input={"name": "华为", "contactName": "王", "title": "经理"}
    )
    assert made | {"userErrors": []} == {
        "call": {"id": key, "party": {"name": "华为"}, "contact": {"name": "王"}, "activity": None},
        "customer": {
            "id": made["customer"]["id"],
            "name": "华为",
            "lifecycle": "LEAD",
            "source": {"code": "call"},
            "owner": {"username": "agent1"},
            "phoneNumbers": [],
        },
        "contact": {
            "id": made["contact"]["id"],
            "name": "王",
            "title": "经理",
            "party": {"name": "华为"},
            "phoneNumbers": [{"e164": "+8613800000000"}],
        },
        "userErrors": [],
    }
    await hotline.pbx.tell("ringing", "c2")
    again = await hotline.agents[0].ask("call", "party { name } contact { name }", id=await hotline.call_id("c2"))
    assert again == {"party": {"name": "华为"}, "contact": {"name": "王"}}


async def test_without_a_contact_the_number_is_the_customers(hotline: Hotline):
    key = await rung(hotline)
    made = await hotline.agents[0].do("callCustomerCreate", MADE, id=key, input={"name": "华为"})
    assert made["contact"] is None
    assert made["customer"]["phoneNumbers"] == [{"e164": "+8613800000000"}]


async def test_a_withheld_number_is_not_filled_in(hotline: Hotline):
    key = await rung(hotline, caller="anonymous")
    made = await hotline.agents[0].do("callCustomerCreate", MADE, id=key, input={"name": "华为", "contactName": "王"})
    assert (made["customer"]["phoneNumbers"], made["contact"]["phoneNumbers"]) == ([], [])


async def test_what_was_filed_before_follows(hotline: Hotline):
    agent = hotline.agents[0]
    key = await rung(hotline)
    await agent.do("callClaim", CALL, id=key)
    await agent.do("callEnd", CALL, id=key)
    made = await agent.do("callCustomerCreate", MADE, id=key, input={"name": "华为", "contactName": "王"})
    assert made["call"]["activity"] == {"party": {"name": "华为"}, "contact": {"name": "王"}}
    assert (await agent.ask("customer", "lastContactAt", id=made["customer"]["id"]))["lastContactAt"] is not None


async def test_of_two_at_once_one_makes_the_customer(hotline: Hotline):
    key = await rung(hotline)
    payloads = await asyncio.gather(
        *(agent.tried("callCustomerCreate", MADE, id=key, input={"name": agent.username}) for agent in hotline.agents)
    )
    assert sorted([error["code"] for error in payload["userErrors"]] for payload in payloads) == [[], ["INVALID"]]
    assert await hotline.office.value("SELECT count(*) FROM party") == 1


async def test_a_repeated_key_makes_one_customer(hotline: Hotline):
    key = await rung(hotline)
    given = {"id": key, "input": {"name": "华为"}, "idempotencyKey": "k"}
    first = await hotline.agents[0].do("callCustomerCreate", MADE, **given)
    assert await hotline.agents[0].do("callCustomerCreate", MADE, **given) == first
    assert await hotline.office.value("SELECT count(*) FROM party") == 1


async def test_who_may_not_make_a_customer_of_a_call(hotline: Hotline):
    key = await rung(hotline)
    outsider = await hotline.office.hire("outsider", AGENT)
    given = {"name": "华为", "contactName": "王"}
    no_contacts = {name: scope for name, scope in AGENT.items() if name != "contact.CREATE"}
    half = await hotline.office.hire("half", no_contacts, extension="1007")
    await hotline.pbx.tell("ringing", "c7", called="1007")
    reader = await hotline.office.hire("reader", {"call.READ": "ALL"})
    async with hotline.office.unchanged():
        assert await outsider.refusals("callCustomerCreate", id=key, input=given) == [("NOT_FOUND", ["id"])]
        assert await half.refusals("callCustomerCreate", id=await hotline.call_id("c7"), input=given) == [("FORBIDDEN", None)]
        assert await hotline.office.admin.refusals("callCustomerCreate", id=key, input=given) == [("FORBIDDEN", ["id"])]
        answer = await reader.run(
            'mutation ($id: ID!) { callCustomerCreate(id: $id, input: {name: "x"}) { userErrors { code } } }', id=key
        )
        assert answer.codes == ["FORBIDDEN"]


BAD = {
    "no name": ({"name": " "}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "x" * 201}, "INVALID", ["input", "name"]),
    "long contact": ({"name": "华为", "contactName": "x" * 101}, "INVALID", ["input", "contactName"]),
    "title of nobody": ({"name": "华为", "title": "经理"}, "REQUIRED", ["input", "contactName"]),
}


@pytest.mark.parametrize("bad", BAD)
async def test_wrong_values_are_refused_and_leave_nothing(hotline: Hotline, bad: str):
    key = await rung(hotline)
    given, code, field = BAD[bad]
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callCustomerCreate", id=key, input=given) == [(code, field)]


async def test_a_known_caller_is_not_made_twice(hotline: Hotline):
    key = await rung(hotline)
    await hotline.agents[0].do("callCustomerCreate", MADE, id=key, input={"name": "华为"})
    async with hotline.office.unchanged():
        assert await hotline.agents[0].refusals("callCustomerCreate", id=key, input={"name": "二"}) == [("INVALID", ["id"])]
