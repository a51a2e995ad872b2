"""Reading calls: who sees which, what is hidden, filters, and the number of statements."""

from __future__ import annotations

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, CALL, FIELDS, SETTINGS, Hotline
from tests.factories.api import Office, opened

office = pytest.fixture(opened)


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


async def test_a_call_is_seen_by_whom_it_rang_and_where_its_party_is(hotline: Hotline):
    first, second = hotline.agents
    outsider = await hotline.office.hire("outsider", AGENT)
    party = (await outsider.do("customerCreate", "customer { id }",
                               input={"name": "华为", "phoneNumbers": [{"raw": "13800000000"}]}))["id"]  # fmt: skip
    await hotline.pbx.tell("ringing", "theirs", called="1001")
    await hotline.pbx.tell("ringing", "nobody's", called="1001", caller="13900000000")
    assert (await first.ask("calls", "totalCount"))["totalCount"] == 2
    assert (await second.ask("calls", "totalCount"))["totalCount"] == 0
    assert (await outsider.ask("calls", "nodes { party { name } }"))["nodes"] == [{"party": {"name": "华为"}}]
    assert (await outsider.ask("customer", "calls { totalCount }", id=party)) == {"calls": {"totalCount": 1}}
    closed = await hotline.office.hire("closed", {"customer.READ": "ALL"})
    assert (await closed.asked("calls", "totalCount")).codes == ["FORBIDDEN"]
    async with hotline.office.unchanged():
        assert (await second.asked("call", "id", id=await hotline.call_id("theirs"))).codes == ["NOT_FOUND"]


async def test_calls_are_found_by_number_state_and_person(hotline: Hotline):
    await hotline.pbx.tell("ringing", "one")
    await hotline.pbx.tell("ringing", "two", caller="13900000000")
    await hotline.agents[0].do("callClaim", CALL, id=await hotline.call_id("two"))
    for condition, expected in (
        ({"numberE164": {"eq": "+8613800000000"}}, ["RINGING"]),
        ({"state": {"in": ["ANSWERED", "HELD"]}}, ["ANSWERED"]),
        ({"claimedBy": {"username": {"eq": "agent1"}}}, ["ANSWERED"]),
        ({"claimedById": {"eq": hotline.agents[1].id}}, []),
        ({"ringingAt": {"gt": "2000-01-01T00:00:00Z"}}, ["ANSWERED", "RINGING"]),
        ({"direction": {"eq": "OUTBOUND"}}, []),
    ):
        found = await hotline.office.admin.ask("calls", "nodes { state }", filter=condition)
        assert [each["state"] for each in found["nodes"]] == expected, condition


async def test_a_hidden_number_is_hidden_everywhere(hotline: Hotline):
    role = await hotline.office.role("r", {"call.READ": "ALL"}, hidden=["call.numberE164"])
    clerk = await hotline.office.hire("clerk", None, role_ids=[str(role)])
    await hotline.pbx.tell("ringing")
    selection = "number { display } numberE164 changes { nodes { fields { field new } } }"
    answer = await clerk.asked("call", selection, id=await hotline.call_id())
    assert (answer.data["call"]["number"], answer.data["call"]["numberE164"]) == (None, None)
    assert {error["extensions"]["permission"] for error in answer.errors} == {"call.number", "call.numberE164"}
    assert "13800000000" not in str(answer.body)
    assert "138 0000 0000" not in str(answer.body)
    assert (await clerk.asked("calls", "totalCount", filter={"numberE164": {"eq": "+8613800000000"}})).codes == ["FORBIDDEN"]


async def test_more_calls_take_no_more_statements(hotline: Hotline):
    for number in range(2):
        await hotline.pbx.tell("ringing", f"few{number}")
    async with hotline.office.counted() as few:
        await hotline.office.admin.ask("calls", f"nodes {{ {FIELDS} }}")
    for number in range(10):
        await hotline.pbx.tell("ringing", f"many{number}")
    async with hotline.office.counted() as many:
        assert len((await hotline.office.admin.ask("calls", f"nodes {{ {FIELDS} }}"))["nodes"]) == 12
    assert len(many.queries) == len(few.queries)
