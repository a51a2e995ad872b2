"""Service cases: opened, taken on, answered, resolved, closed, taken up again; and what is refused."""

from __future__ import annotations

import asyncio

import pytest
from tests.customers.cases import CASE, asked, customer, opened_case, taken
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind
from crm.rules.customers.service_case_flow import SERVICE_CASE_FLOW

office = pytest.fixture(opened)
STEPS = ("Accept", "Assign", "Respond", "Pend", "Resume", "Resolve", "Close", "Reject", "Reopen")
INTO = {
    "NEW": (), "ASSIGNED": ("Accept",), "PENDING": ("Accept", "Pend"), "RESOLVED": ("Accept", "Resolve"),
    "CLOSED": ("Accept", "Resolve", "Close"), "REJECTED": ("Reject",),
}  # fmt: skip


async def option(office: Office, code: str, dictionary: str = "case_type") -> str:
    query = "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE d.code = $1 AND i.code = $2"
    return str(await office.value(query, dictionary, code))


@pytest.mark.parametrize("state", INTO)
async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office, state):
    party = await customer(office)
    for step in STEPS:
        made = await opened_case(office, partyId=party)
        for before in INTO[state]:
            await taken(office, made["id"], before)
        target = next((to for (at, verb), to in SERVICE_CASE_FLOW.table.items() if (at, verb) == (state, step.upper())), None)
        if target is None:
            given = {"reason": "r"} if step in ("Pend", "Reject", "Reopen") else {}
            given |= {"resolution": "r"} if step == "Resolve" else {"toId": office.admin.id} if step == "Assign" else {}
            refused = await office.admin.refusals(f"serviceCase{step}", id=made["id"], **given)
            assert refused == [("ILLEGAL_TRANSITION", None)], step
            continue
        after = await taken(office, made["id"], step)
        assert after["status"] == target
        assert (after["pendingAt"] is not None) == (target == "PENDING")
        assert (after["closedAt"] is not None) == (target == "CLOSED")
        assert (after["rejectReason"] is not None) == (target == "REJECTED")
        assert after["reopenedCount"] == (step == "Reopen")


async def test_what_it_is_about_and_what_the_customer_thinks_of_it(office: Office):
    party = await customer(office)
    project = await office.admin.do("projectCreate", "project { id }", input={"title": "上线", "partyId": party})
    kind = await option(office, "repair")
    made = await opened_case(office, partyId=party, priority="URGENT", typeId=kind, projectId=project["id"], product="打印机 X1")
    assert (made["status"], made["priority"], made["type"], made["project"]) == ("NEW", "URGENT", {"code": "repair"}, project)
    assert made["slaPolicy"]["name"].startswith("紧急")
    for step in ("Accept", "Respond", "Resolve"):
        await taken(office, made["id"], step)
    async with office.unchanged():
        for wrong in (0, 6):
            refused = await office.admin.refusals("serviceCaseClose", id=made["id"], input={"satisfaction": wrong})
            assert refused == [("INVALID", ["input", "satisfaction"])]
    closed = await taken(office, made["id"], "Close", input={"satisfaction": 5, "satisfactionNote": "很快"})
    assert (closed["satisfaction"], closed["satisfactionNote"], closed["resolution"]) == (5, "很快", "换了墨盒")
    again = await taken(office, made["id"], "Reopen")
    assert (again["status"], again["satisfaction"], again["reopenedCount"]) == ("ASSIGNED", None, 1)
    lists = "serviceCases(orderBy: [{field: RESOLUTION_DUE_AT}]) { totalCount }"
    assert (await office.admin.ask("customer", lists, id=party))["serviceCases"] == {"totalCount": 1}
    found = await office.admin.ask("project", "serviceCases { totalCount }", id=project["id"])
    assert found == {"serviceCases": {"totalCount": 1}}


async def test_what_is_wrong_is_refused_and_changes_nothing(office: Office):
    party, other = await customer(office), await customer(office, "中兴")
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": other})
    project = await office.admin.do("projectCreate", "project { id }", input={"title": "上线", "partyId": other})
    work = await office.admin.do("maintenanceCreate", "maintenance { id }", input={"title": "保养", "partyId": other})
    made = await opened_case(office, partyId=party)
    wrong = [
        ({"subject": ""}, "REQUIRED"), ({"contactId": contact["id"]}, "INVALID"), ({"projectId": project["id"]}, "INVALID"),
        ({"maintenanceId": work["id"]}, "INVALID"), ({"callId": unknown(Kind.CALL)}, "NOT_FOUND"),
        ({"typeId": await option(office, "price", "lost_reason")}, "INVALID"),
    ]  # fmt: skip
    async with office.unchanged():
        for values, code in wrong:
            where = [(code, ["input", *values])]
            given = {"subject": "坏了", "partyId": party, **values}
            assert await office.admin.refusals("serviceCaseCreate", input=given) == where
            assert await office.admin.refusals("serviceCaseUpdate", id=made["id"], version=1, input=values) == where
        assert await office.admin.refusals("serviceCaseUpdate", id=made["id"], version=9, input={}) == [("CONFLICT", ["version"])]
        assert await office.admin.refusals("serviceCaseReject", id=made["id"], reason=" ") == [("REQUIRED", ["reason"])]
        assert await office.admin.refusals("serviceCaseResolve", id=made["id"], resolution="") == [("REQUIRED", ["resolution"])]
        gone = unknown(Kind.USER)
        assert await office.admin.refusals("serviceCaseAssign", id=made["id"], toId=gone) == [("NOT_FOUND", ["toId"])]


async def test_numbers_have_no_gaps_however_many_come_at_once_and_fail(office: Office):
    party = await customer(office)

    async def one(place: int) -> str | None:
        wrong = {"contactId": unknown(Kind.CONTACT)} if place % 4 == 3 else {}
        tried = await office.admin.tried("serviceCaseCreate", CASE, input={"subject": f"{place}", "partyId": party, **wrong})
        return tried["serviceCase"]["number"] if tried["serviceCase"] else None

    given = [number for number in await asyncio.gather(*(one(place) for place in range(16))) if number]
    year = given[0][3:7]
    assert sorted(given) == [f"SC-{year}-{number:06d}" for number in range(1, 13)]


async def test_who_is_given_a_case_owns_it_and_is_told(office: Office):
    engineer = await office.hire("engineer", {"customer.READ": "ALL", "service_case.READ": "OWN", "service_case.UPDATE": "OWN"})
    made = await opened_case(office)
    assigned = await taken(office, made["id"], "Assign", toId=engineer.id)
    assert (assigned["status"], assigned["owner"]) == ("ASSIGNED", {"username": "engineer"})
    told = "nodes { kind record { ... on ServiceCase { subject } } }"
    wanted = [{"kind": "HANDED_TO_YOU", "record": {"subject": "打印机不工作"}}]
    assert (await engineer.ask("notifications", told))["nodes"] == wanted
    async with office.unchanged():
        text = "mutation ($id: ID!, $to: ID!) { serviceCaseAssign(id: $id, toId: $to) { userErrors { code } } }"
        assert (await engineer.run(text, id=made["id"], to=engineer.id)).codes == ["FORBIDDEN"]
    leaver = await office.hire("leaver", active=False)
    async with office.unchanged():
        assert await office.admin.refusals("serviceCaseAssign", id=made["id"], toId=leaver.id) == [("INVALID", ["toId"])]


async def test_one_that_nobody_owns_belongs_to_whoever_accepts_it(office: Office):
    made, other = await opened_case(office), await opened_case(office)
    await office.rows("UPDATE service_case SET owner_id = NULL, department_id = NULL WHERE id = $1", made["id"])
    grants = {"service_case.READ": "ALL", "service_case.UPDATE": "ALL", "customer.READ": "ALL"}
    engineer = await office.hire("engineer", grants)
    accepted = await engineer.do("serviceCaseAccept", "serviceCase { owner { username } }", id=made["id"])
    assert accepted == {"owner": {"username": "engineer"}}
    await engineer.do("serviceCaseAccept", "serviceCase { id }", id=other["id"])
    assert (await asked(office, other["id"]))["owner"] == {"username": "admin"}
    third = await opened_case(office)
    await office.rows("UPDATE service_case SET owner_id = NULL WHERE id = $1", third["id"])
    frozen = await office.hire("frozen", grants, frozen=["service_case.owner"])
    async with office.unchanged():
        assert await frozen.refusals("serviceCaseAccept", id=third["id"]) == [("FORBIDDEN", ["ownerId"])]


async def test_it_is_seen_with_its_party_and_changed_only_within_the_scope(office: Office):
    made = await opened_case(office)
    reader = await office.hire("reader", {"customer.READ": "ALL", "service_case.READ": "OWN", "service_case.UPDATE": "OWN"})
    closed = await office.hire("closed", {"customer.READ": "ALL"})
    assert (await reader.ask("serviceCases", "totalCount"))["totalCount"] == 1
    answer = await closed.asked("customers", "nodes { serviceCases { totalCount } }")
    assert (answer.data["customers"]["nodes"], answer.codes) == ([{"serviceCases": None}], ["FORBIDDEN"])
    async with office.unchanged():
        for step, given in (("Accept", {}), ("Respond", {}), ("Resume", {}), ("Pend", {"reason": "r"}), ("Close", {})):
            assert await reader.refusals(f"serviceCase{step}", id=made["id"], **given) == [("FORBIDDEN", ["id"])]
