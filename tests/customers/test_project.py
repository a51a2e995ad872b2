"""Projects: planned by themselves, made of a won opportunity, carried out, paid for by their maintenance."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind
from crm.rules.customers.project_flow import PROJECT_FLOW

office = pytest.fixture(opened)
PROJECT = """project { id version number title status budget cost dueOn startedAt completedAt holdReason cancelReason actions
    party { name } contact { name } opportunity { title } }"""
STEPS = ("Start", "Hold", "Resume", "Complete", "Cancel", "Reopen")
INTO = {
    "PLANNING": (), "ACTIVE": ("Start",), "ON_HOLD": ("Start", "Hold"), "COMPLETED": ("Start", "Complete"),
    "CANCELLED": ("Cancel",),
}  # fmt: skip


async def customer(office: Office, name: str = "华为") -> str:
    return str((await office.admin.do("customerCreate", "customer { id }", input={"name": name}))["id"])


async def planned(office: Office, **given: object) -> dict:
    whole = {"title": "上线", "partyId": given.pop("partyId", None) or await customer(office), **given}
    return await office.admin.do("projectCreate", PROJECT, input=whole)


async def won(office: Office, **given: object) -> str:
    whole = {"title": "机房改造", "partyId": await customer(office), **given}
    made = await office.admin.do("opportunityCreate", "opportunity { id }", input=whole)
    await office.admin.do("opportunityWin", "opportunity { id }", id=made["id"])
    return str(made["id"])


def reason(step: str) -> dict[str, str]:
    return {"reason": "等客户"} if step in ("Hold", "Cancel") else {}


async def test_it_is_planned_and_read_with_its_party(office: Office):
    party = await customer(office)
    given = {"startsOn": "2026-03-01", "dueOn": "2026-06-30", "budget": "120000.5", "note": "分三期"}
    made = await planned(office, partyId=party, **given)
    assert made["number"].startswith("PJ-")
    assert made["number"].endswith("-000001")
    assert (made["status"], made["budget"], made["cost"]) == ("PLANNING", "120000.5000", "0.0000")
    assert made["actions"] == ["START", "CANCEL"]
    nested = "nodes { projects(orderBy: [{field: DUE_ON}]) { totalCount nodes { id } } }"
    assert (await office.admin.ask("customers", nested))["nodes"] == [
        {"projects": {"totalCount": 1, "nodes": [{"id": made["id"]}]}}
    ]
    changed = await office.admin.do("projectUpdate", PROJECT, id=made["id"], version=1, input={"title": "二期", "budget": None})
    assert (changed["title"], changed["budget"], changed["version"]) == ("二期", None, 2)


async def test_what_is_wrong_is_refused_and_takes_no_number(office: Office):
    other = await customer(office, "中兴")
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": other})
    made = await planned(office)
    party = await office.value("SELECT party_id FROM project")
    async with office.unchanged():
        for wrong, field in (
            ({"title": " "}, "title"),
            ({"budget": "-1"}, "budget"),
            ({"startsOn": "2026-03-02", "dueOn": "2026-03-01"}, "dueOn"),
            ({"contactId": contact["id"]}, "contactId"),
            ({"contractId": unknown(Kind.CONTRACT)}, "contractId"),
        ):
            given = {"title": "上线", "partyId": str(party), **wrong}
            assert [told[1] for told in await office.admin.refusals("projectCreate", input=given)] == [["input", field]]
        update = {"id": made["id"], "version": 1}
        assert await office.admin.refusals("projectUpdate", **update, input={"contactId": contact["id"]}) == [
            ("INVALID", ["input", "contactId"])
        ]
        assert await office.admin.refusals("projectHold", id=made["id"], reason=" ") == [("REQUIRED", ["reason"])]


async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office):
    party = await customer(office)
    for state, way in INTO.items():
        for step in STEPS:
            made = await planned(office, partyId=party)
            for before in way:
                await office.admin.do(f"project{before}", PROJECT, id=made["id"], **reason(before))
            target = next((to for (at, verb), to in PROJECT_FLOW.table.items() if (at, verb) == (state, step.upper())), None)
            if target is None:
                found = await office.admin.refusals(f"project{step}", id=made["id"], **reason(step))
                assert found == [("ILLEGAL_TRANSITION", None)], (state, step)
                continue
            after = await office.admin.do(f"project{step}", PROJECT, id=made["id"], **reason(step))
            assert after["status"] == target
            assert (after["completedAt"] is not None) == (target == "COMPLETED")
            assert (after["holdReason"] is not None) == (target == "ON_HOLD")
            assert (after["cancelReason"] is not None) == (target == "CANCELLED")


async def test_a_won_opportunity_becomes_a_project_once(office: Office):
    party = await customer(office)
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": party})
    key = await won(office, partyId=party, contactId=contact["id"])
    lost = await office.admin.do("opportunityCreate", "opportunity { id }", input={"title": "未定", "partyId": party})
    async with office.unchanged():
        assert await office.admin.refusals("opportunityConvert", id=lost["id"]) == [("INVALID", ["id"])]
        assert await office.admin.refusals("opportunityConvert", id=key, input={"budget": "-1"}) == [
            ("INVALID", ["input", "budget"])
        ]
    answers = await asyncio.gather(*(office.admin.tried("opportunityConvert", PROJECT, id=key) for _ in range(4)))
    made = [each["project"] for each in answers if each["project"]]
    assert len(made) == 1
    assert [error["code"] for each in answers for error in each["userErrors"]] == ["DUPLICATE"] * 3
    assert (made[0]["title"], made[0]["party"], made[0]["contact"]) == ("机房改造", {"name": "华为"}, {"name": "李雷"})
    linked = "projects { nodes { id } } changes(first: 1) { nodes { verb } }"
    assert await office.admin.ask("opportunity", linked, id=key) == {
        "projects": {"nodes": [{"id": made[0]["id"]}]},
        "changes": {"nodes": [{"verb": "opportunity.convert"}]},
    }
    async with office.unchanged():
        assert await office.admin.refusals("opportunityReopen", id=key) == [("INVALID", ["id"])]
    await office.admin.do("projectDelete", PROJECT, id=made[0]["id"])
    again = await office.admin.do("opportunityConvert", PROJECT, id=key, input={"title": "重新立项"})
    assert (again["title"], again["number"][-6:]) == ("重新立项", "000002")
    async with office.unchanged():
        assert await office.admin.refusals("projectRestore", id=made[0]["id"]) == [("DUPLICATE", ["id"])]


async def test_team_and_stakeholders_go_along_where_asked(office: Office):
    party = await customer(office)
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": party})
    mate = await office.hire("mate", {"project.READ": "OWN", "opportunity.READ": "OWN"})
    owner = await office.hire("owner", {"project.READ": "OWN"})
    key = await won(office, partyId=party)
    await office.admin.do(
        "stakeholderAdd", "stakeholder { id }", input={"recordId": key, "contactId": contact["id"], "role": "USER"}
    )
    for user in (mate, owner):
        member = {"recordId": key, "userId": user.id, "role": "TECHNICAL", "access": "EDIT"}
        await office.admin.do("teamMemberAdd", "teamMember { id }", input=member)
    grants = {"customer.READ": "ALL", "opportunity.READ": "ALL", "opportunity.UPDATE": "ALL", "project.CREATE": "ALL"}
    clerk = await office.hire(
        "clerk", {**grants, "project.READ": "ALL", "project.UPDATE": "ALL"}, hidden=["opportunity.stakeholders"]
    )
    async with office.unchanged():
        for asked, code in (("withTeam", "FORBIDDEN"), ("withStakeholders", "FORBIDDEN")):
            assert await clerk.refusals("opportunityConvert", id=key, input={asked: True}) == [(code, ["input", asked])]
    given = {"withTeam": True, "withStakeholders": True, "ownerId": owner.id}
    lists = "project { team { nodes { user { username } access } } stakeholders { nodes { contact { name } role } } }"
    assert await office.admin.do("opportunityConvert", lists, id=key, input=given) == {
        "team": {"nodes": [{"user": {"username": "mate"}, "access": "EDIT"}]},
        "stakeholders": {"nodes": [{"contact": {"name": "李雷"}, "role": "USER"}]},
    }
    assert (await mate.ask("projects", "totalCount"))["totalCount"] == 1
    assert (await office.admin.ask("opportunity", "team { totalCount }", id=key))["team"] == {"totalCount": 2}


async def test_open_tasks_are_in_the_way_of_completing_it(office: Office):
    made = await planned(office)
    await office.admin.do("projectStart", PROJECT, id=made["id"])
    tasks = [
        (await office.admin.do("processTaskAdd", "processTask { id }", input={"recordId": made["id"], "title": f"{n}"}))["id"]
        for n in range(3)
    ]
    await office.admin.do("processTaskComplete", "processTask { id }", id=tasks[0])
    async with office.unchanged():
        assert await office.admin.refusals("projectComplete", id=made["id"]) == [("INVALID", ["cancelOpenTasks"])]
    selection = "project { status tasks { nodes { status } } }"
    assert await office.admin.do("projectComplete", selection, id=made["id"], cancelOpenTasks=True) == {
        "status": "COMPLETED",
        "tasks": {"nodes": [{"status": "DONE"}, {"status": "CANCELLED"}, {"status": "CANCELLED"}]},
    }


async def test_its_cost_is_that_of_its_maintenance(office: Office):
    """Under any concurrency: two who add to it at once both count."""
    first, second = await planned(office), await planned(office)
    made = await asyncio.gather(
        *(
            office.admin.do(
                "maintenanceCreate", "maintenance { id }", input={"title": f"{n}", "projectId": first["id"], "cost": "10.25"}
            )
            for n in range(5)
        )
    )

    async def costs() -> list[str]:
        found = [await office.admin.ask("project", "cost version", id=each["id"]) for each in (first, second)]
        assert [each["version"] for each in found] == [1, 1]
        return [each["cost"] for each in found]

    assert await costs() == ["51.2500", "0.0000"]
    keys = [each["id"] for each in made]
    await office.admin.do("maintenanceCancel", "maintenance { id }", id=keys[0], reason="重复")
    await office.admin.do("maintenanceDelete", "maintenance { id }", id=keys[1])
    await office.admin.do("maintenanceComplete", "maintenance { id }", id=keys[2], input={"cost": "0.5"})
    assert await costs() == ["21.0000", "0.0000"]
    await office.admin.do("maintenanceRestore", "maintenance { id }", id=keys[1])
    party = await office.value("SELECT party_id FROM project WHERE id = $1", second["id"])
    await office.rows("UPDATE maintenance SET party_id = $1 WHERE id = $2", party, keys[3])
    await office.admin.do("maintenanceUpdate", "maintenance { id }", id=keys[3], version=1, input={"projectId": second["id"]})
    assert await costs() == ["21.0000", "10.2500"]


async def test_cost_is_hidden_from_whoever_may_not_see_what_it_is_made_of(office: Office):
    await planned(office)
    grants = {"customer.READ": "ALL", "project.READ": "ALL"}
    blind = await office.hire("blind", grants)
    hider = await office.hire("hider", {**grants, "maintenance.READ": "OWN"}, hidden=["maintenance.cost"])
    for who, wanted in ((blind, "project.cost"), (hider, "maintenance.cost")):
        answer = await who.asked("projects", "nodes { title cost }")
        assert answer.data["projects"]["nodes"] == [{"title": "上线", "cost": None}]
        assert [error["extensions"]["permission"] for error in answer.errors] == [wanted]


async def test_it_is_seen_with_its_party_and_changed_only_within_the_scope(office: Office):
    made, key = await planned(office), await won(office)
    grants = {"customer.READ": "ALL", "opportunity.READ": "ALL", "opportunity.UPDATE": "OWN"}
    grants |= {"project.READ": "OWN", "project.CREATE": "OWN", "project.UPDATE": "OWN"}
    seller = await office.hire("seller", grants)
    assert (await seller.ask("projects", "totalCount"))["totalCount"] == 1
    async with office.unchanged():
        for verb in ("Start", "Complete", "Reopen"):
            assert await seller.refusals(f"project{verb}", id=made["id"]) == [("FORBIDDEN", ["id"])]
        assert await seller.refusals("opportunityConvert", id=key) == [("FORBIDDEN", ["id"])]
        gone = await seller.run("mutation ($id: ID!) { projectDelete(id: $id) { userErrors { code } } }", id=made["id"])
        assert gone.codes == ["FORBIDDEN"]
