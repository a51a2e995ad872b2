"""Activities: planned, done, cancelled, reopened; what is done moves the party's contact dates."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
ACTIVITY = """activity { id version kind subject content status plannedAt doneAt outcome nextStep actions
    party { name } contact { name }
    participants { position user { username } contact { name } } owner { username } }"""
STEPS = {
    ("PLANNED", "Complete"): "DONE",
    ("PLANNED", "Cancel"): "CANCELLED",
    ("DONE", "Reopen"): "PLANNED",
    ("CANCELLED", "Reopen"): "PLANNED",
}
INTO = {"PLANNED": [], "DONE": ["Complete"], "CANCELLED": ["Cancel"]}


async def created(office: Office, **given: object) -> dict[str, object]:
    return await office.admin.do("activityCreate", ACTIVITY, input={"kind": "CALL", "subject": "致电", **given})


async def people(office: Office) -> tuple[str, str]:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为", "contactCycleDays": 10})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party["id"]})
    return party["id"], contact["id"]


async def test_a_planned_activity_has_what_was_given(office: Office):
    _, contact = await people(office)
    made = await created(office, contactId=contact, content="c", plannedAt="2030-01-01T00:00:00Z",
                         participants=[{"contactId": contact}, {"userId": office.admin.id}])  # fmt: skip
    assert made == {
        "id": made["id"],
        "version": 1,
        "kind": "CALL",
        "subject": "致电",
        "content": "c",
        "status": "PLANNED",
        "doneAt": None,
        "outcome": None,
        "plannedAt": "2030-01-01T00:00:00+00:00",
        "nextStep": None,
        "actions": ["COMPLETE", "CANCEL", "RESCHEDULE"],
        "party": {"name": "华为"},
        "contact": {"name": "王"},
        "owner": {"username": "admin"},
        "participants": [
            {"position": 0, "user": None, "contact": {"name": "王"}},
            {"position": 1, "user": {"username": "admin"}, "contact": None},
        ],
    }
    changed = await office.admin.do(
        "activityUpdate", ACTIVITY, id=made["id"], version=1, input={"subject": "拜访", "participants": []}
    )
    assert changed == made | {"version": 2, "subject": "拜访", "participants": []}


@pytest.mark.parametrize("state", INTO)
@pytest.mark.parametrize("verb", ["Complete", "Cancel", "Reopen"])
async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office, state, verb):
    made = await created(office)
    for step in INTO[state]:
        await office.admin.do(f"activity{step}", ACTIVITY, id=made["id"])
    if (state, verb) in STEPS:
        after = await office.admin.do(f"activity{verb}", ACTIVITY, id=made["id"])
        assert after["status"] == STEPS[state, verb]
        assert (after["doneAt"] is not None) == (after["status"] == "DONE")
    else:
        async with office.unchanged():
            assert await office.admin.refusals(f"activity{verb}", id=made["id"]) == [("ILLEGAL_TRANSITION", None)]


async def test_what_is_done_moves_the_partys_contact_dates_forward_only(office: Office):
    party, contact = await people(office)
    dates = "lastContactAt nextContactAt version"
    made = await created(office, contactId=contact)
    await office.admin.do(
        "activityComplete", ACTIVITY, id=made["id"], input={"doneAt": "2026-03-01T00:00:00Z", "outcome": "好", "nextStep": "报价"}
    )
    expected = {"lastContactAt": "2026-03-01T00:00:00+00:00", "nextContactAt": "2026-03-11T00:00:00+00:00", "version": 1}
    assert await office.admin.ask("customer", dates, id=party) == expected
    await created(office, partyId=party, doneAt="2026-02-01T00:00:00Z")
    assert await office.admin.ask("customer", dates, id=party) == expected


async def test_completed_once_by_two_at_once(office: Office):
    made = await created(office)
    payloads = await asyncio.gather(*(office.admin.tried("activityComplete", ACTIVITY, id=made["id"]) for _ in range(3)))
    assert (
        sorted(code for payload in payloads for code in [e["code"] for e in payload["userErrors"]]) == ["ILLEGAL_TRANSITION"] * 2
    )


@pytest.mark.parametrize("when", ["9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"])
async def test_an_absurd_instant_is_refused(office: Office, when):
    party, _ = await people(office)
    answer = await office.admin.run(
        'mutation ($p: ID!, $d: DateTime!) { activityCreate(input: {kind: CALL, subject: "s", partyId: $p, doneAt: $d})'
        " { activity { doneAt } userErrors { code } } }",
        p=party,
        d=when,
    )
    assert answer.codes == ["BAD_USER_INPUT"]


BAD = {
    "no subject": ({"subject": " "}, "REQUIRED", ["input", "subject"]),
    "long subject": ({"subject": "x" * 201}, "INVALID", ["input", "subject"]),
    "long content": ({"content": "x" * 20_001}, "INVALID", ["input", "content"]),
    "unknown party": ({"partyId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "partyId"]),
    "contact of another kind": ({"contactId": unknown(Kind.PARTY)}, "NOT_FOUND", ["input", "contactId"]),
    "participant of nobody": ({"participants": [{}]}, "INVALID", ["input", "participants", "0"]),
    "unknown participant": (
        {"participants": [{"userId": unknown(Kind.USER)}]},
        "NOT_FOUND",
        ["input", "participants", "0", "userId"],
    ),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_activity_is_refused_and_nothing_is_written(office: Office, given, code, field):
    made = await created(office)
    async with office.unchanged():
        assert await office.admin.refusals("activityCreate", input={"kind": "CALL", "subject": "s"} | given) == [(code, field)]
        assert await office.admin.refusals("activityUpdate", id=made["id"], version=1, input=given) == [(code, field)]


async def test_a_contact_of_another_party_is_refused(office: Office):
    _, contact = await people(office)
    other = await office.admin.do("supplierCreate", "supplier { id }", input={"name": "供应商"})
    async with office.unchanged():
        refused = await office.admin.refusals(
            "activityCreate", input={"kind": "CALL", "subject": "s", "partyId": other["id"], "contactId": contact}
        )
    assert refused == [("INVALID", ["input", "contactId"])]


@pytest.mark.parametrize("verb", ["Update", "Complete", "Cancel", "Reopen", "Delete", "Restore"])
@pytest.mark.parametrize("odd", ["", "\x00", "' OR 1=1", unknown(Kind.ACTIVITY), unknown(Kind.PARTY)])
async def test_an_odd_id_is_not_found(office: Office, verb, odd):
    more = {"version": 1, "input": {"subject": "x"}} if verb == "Update" else {}
    async with office.unchanged():
        assert await office.admin.refusals(f"activity{verb}", id=odd, **more) == [("NOT_FOUND", ["id"])]


async def test_deleted_and_restored(office: Office):
    made = await created(office)
    assert await office.admin.do("activityDelete", ACTIVITY, id=made["id"]) is None
    assert (await office.admin.ask("deletedRecords", "nodes { name }", entity="activity"))["nodes"] == [{"name": "致电"}]
    assert await office.admin.do("activityRestore", ACTIVITY, id=made["id"]) == made | {"version": 3}
