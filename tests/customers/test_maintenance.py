"""After-sales maintenance: planned for what was delivered, begun, done or given up."""

from __future__ import annotations

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind
from crm.rules.customers.maintenance_flow import MAINTENANCE_FLOW

office = pytest.fixture(opened)
MAINTENANCE = """maintenance { id version title status product warrantyEndsOn dueOn startedAt doneAt result cost
    cancelReason actions party { name } contact { name } delivery { number } project { number } }"""
INTO = {"PLANNED": (), "IN_PROGRESS": ("Start",), "DONE": ("Complete",), "CANCELLED": ("Cancel",)}


async def customer(office: Office, name: str = "华为") -> str:
    return str((await office.admin.do("customerCreate", "customer { id }", input={"name": name}))["id"])


async def delivered(office: Office, party: str, *, shipped: bool = True, **given: object) -> str:
    lines = [{"product": "水泵", "quantity": "2"}, {"product": "阀门", "quantity": "4"}, {"product": "水泵", "quantity": "1"}]
    made = await office.admin.do("deliveryCreate", "delivery { id }", input={"partyId": party, "lines": lines, **given})
    if shipped:
        await office.admin.do("deliveryShip", "delivery { id }", id=made["id"])
    return str(made["id"])


def arguments(step: str) -> dict[str, object]:
    return {"reason": "不做了"} if step == "Cancel" else {}


async def test_of_a_delivery_it_takes_over_what_is_not_said(office: Office):
    party = await customer(office)
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": party})
    delivery = await delivered(office, party, contactId=contact["id"])
    given = {"title": "首次保养", "deliveryId": delivery, "dueOn": "2026-09-01", "warrantyEndsOn": "2028-03-01"}
    made = await office.admin.do("maintenanceCreate", MAINTENANCE, input=given)
    assert (made["product"], made["party"], made["contact"]) == ("水泵、阀门", {"name": "华为"}, {"name": "李雷"})
    said = await office.admin.do("maintenanceCreate", MAINTENANCE, input={**given, "product": "水泵", "contactId": None})
    assert (said["product"], said["contact"]) == ("水泵", None)
    due = """nodes { maintenances(orderBy: [{field: DUE_ON}], filter: {status: {in: [PLANNED]}, dueOn: {lte: "2026-12-31"}})
        { totalCount } }"""
    assert (await office.admin.ask("customers", due))["nodes"] == [{"maintenances": {"totalCount": 2}}]
    assert await office.admin.ask("delivery", "maintenances { totalCount }", id=delivery) == {"maintenances": {"totalCount": 2}}


async def test_of_a_project_it_takes_over_the_party(office: Office):
    party = await customer(office)
    project = await office.admin.do("projectCreate", "project { id number }", input={"title": "上线", "partyId": party})
    made = await office.admin.do("maintenanceCreate", MAINTENANCE, input={"title": "巡检", "projectId": project["id"]})
    assert (made["party"], made["project"]) == ({"name": "华为"}, {"number": project["number"]})
    assert made["product"] is None


async def test_what_a_role_hides_of_the_delivery_is_not_taken_over(office: Office):
    delivery = await delivered(office, await customer(office))
    grants = {"customer.READ": "ALL", "delivery.READ": "ALL", "maintenance.CREATE": "OWN", "maintenance.READ": "OWN"}
    clerk = await office.hire("clerk", grants, hidden=["delivery.lines"])
    made = await clerk.do("maintenanceCreate", "maintenance { product }", input={"title": "保养", "deliveryId": delivery})
    assert made["product"] is None
    other = await office.hire("other", grants, hidden=["delivery.party"])
    async with office.unchanged():
        assert await other.refusals("maintenanceCreate", input={"title": "保养", "deliveryId": delivery}) == [
            ("REQUIRED", ["input", "partyId"])
        ]


async def test_what_is_wrong_is_refused_and_changes_nothing(office: Office):
    party, other = await customer(office), await customer(office, "中兴")
    draft, elsewhere = await delivered(office, party, shipped=False), await delivered(office, other)
    project = await office.admin.do("projectCreate", "project { id }", input={"title": "上线", "partyId": other})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": other})
    made = await office.admin.do("maintenanceCreate", MAINTENANCE, input={"title": "保养", "partyId": party})
    async with office.unchanged():
        assert await office.admin.refusals("maintenanceCreate", input={"title": "无主"}) == [("REQUIRED", ["input", "partyId"])]
        for wrong in (
            {"deliveryId": draft}, {"deliveryId": elsewhere}, {"projectId": project["id"]}, {"contactId": contact["id"]},
            {"cost": "-1"}, {"deliveryId": unknown(Kind.DELIVERY)}, {"title": ""},
        ):  # fmt: skip
            where = ["input", *wrong]
            given = {"title": "保养", "partyId": party, **wrong}
            assert [told[1] for told in await office.admin.refusals("maintenanceCreate", input=given)] == [where], wrong
            update = await office.admin.refusals("maintenanceUpdate", id=made["id"], version=1, input=wrong)
            assert [told[1] for told in update] == [where], wrong
        assert await office.admin.refusals("maintenanceUpdate", id=made["id"], version=0, input={}) == [("CONFLICT", ["version"])]
        bad = await office.admin.refusals("maintenanceComplete", id=made["id"], input={"cost": "-0.5"})
        assert bad == [("INVALID", ["input", "cost"])]


async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office):
    party = await customer(office)
    for state, way in INTO.items():
        for step in ("Start", "Complete", "Cancel", "Reopen"):
            made = await office.admin.do("maintenanceCreate", MAINTENANCE, input={"title": "保养", "partyId": party})
            for before in way:
                await office.admin.do(f"maintenance{before}", MAINTENANCE, id=made["id"], **arguments(before))
            target = next((to for (at, verb), to in MAINTENANCE_FLOW.table.items() if (at, verb) == (state, step.upper())), None)
            if target is None:
                found = await office.admin.refusals(f"maintenance{step}", id=made["id"], **arguments(step))
                assert found == [("ILLEGAL_TRANSITION", None)], (state, step)
                continue
            after = await office.admin.do(f"maintenance{step}", MAINTENANCE, id=made["id"], **arguments(step))
            assert after["status"] == target
            assert (after["doneAt"] is not None) == (target == "DONE")
            assert (after["cancelReason"] is not None) == (target == "CANCELLED")


async def test_what_came_of_it_is_kept(office: Office):
    made = await office.admin.do("maintenanceCreate", MAINTENANCE, input={"title": "保养", "partyId": await customer(office)})
    await office.admin.do("maintenanceStart", MAINTENANCE, id=made["id"])
    given = {"doneAt": "2026-03-01T09:30:00+08:00", "result": "更换密封圈", "cost": "88.8"}
    done = await office.admin.do("maintenanceComplete", MAINTENANCE, id=made["id"], input=given)
    assert (done["doneAt"], done["result"], done["cost"]) == ("2026-03-01T01:30:00+00:00", "更换密封圈", "88.8000")
    assert done["startedAt"] is not None


async def test_whoever_sees_the_project_alone_sees_what_it_costs_and_not_of_what(office: Office):
    project = await office.admin.do("projectCreate", "project { id }", input={"title": "上线", "partyId": await customer(office)})
    given = {"title": "巡检", "projectId": project["id"], "cost": "7"}
    made = await office.admin.do("maintenanceCreate", MAINTENANCE, input=given)
    helper = await office.hire("helper", {"project.READ": "OWN", "maintenance.READ": "OWN", "maintenance.UPDATE": "OWN"})
    shared = {"ids": [project["id"]], "principalIds": [helper.id], "access": "READ"}
    await office.admin.do("recordsShare", "results { userErrors { code } }", input=shared)
    found = await helper.ask("projects", "nodes { cost party { name } maintenances { totalCount } }")
    assert found["nodes"] == [{"cost": "7.0000", "party": None, "maintenances": {"totalCount": 0}}]
    assert (await helper.ask("maintenances", "totalCount"))["totalCount"] == 0
    async with office.unchanged():
        assert await helper.refusals("maintenanceStart", id=made["id"]) == [("NOT_FOUND", ["id"])]
