"""Teams: who works on an opportunity sees it by a share of cause TEAM, for as long as they are on it."""

from __future__ import annotations

import pytest
from tests.customers.selling import SELLER, added, customer, log, opportunity
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
COLLEAGUE = {"opportunity.READ": "OWN", "opportunity.UPDATE": "OWN", "customer.READ": "OWN"}
TEAM = "team { nodes { id version role access user { username } } } shares { nodes { access cause principal { name } } }"


async def test_whoever_is_on_the_team_sees_it_and_does_with_it_what_they_may(office: Office):
    lead, helper = await office.hire("lead", SELLER), await office.hire("helper", COLLEAGUE)
    key = await opportunity(lead, await customer(lead))
    assert (await helper.asked("opportunity", "id", id=key)).codes == ["NOT_FOUND"]
    made = await added(lead, "teamMemberAdd", recordId=key, userId=helper.id, role="TECHNICAL", access="READ")
    found = await helper.ask("opportunity", TEAM, id=key)
    assert found["team"]["nodes"] == [
        {"id": made["id"], "version": 1, "role": "TECHNICAL", "access": "READ", "user": {"username": "helper"}}
    ]
    assert found["shares"]["nodes"] == [{"access": "READ", "cause": "TEAM", "principal": {"name": "helper"}}]
    assert (await helper.ask("notifications", "nodes { kind }"))["nodes"] == [{"kind": "SHARED_WITH_YOU"}]
    async with office.unchanged():
        refused = await helper.refusals("opportunityUpdate", id=key, version=1, input={"title": "x"})
        assert refused == [("FORBIDDEN", ["id"])]
        given = {"ids": [key], "principalIds": [helper.id]}
        results = (await lead.tried("recordsUnshare", "results { userErrors { code } }", input=given))["results"]
        assert results == [{"userErrors": [{"code": "NOT_FOUND"}]}], "shares of a team end with the team"
    await lead.do("teamMemberUpdate", id=made["id"], version=1, input={"access": "EDIT", "role": "PRESALES"})
    changed = await helper.do("opportunityUpdate", "opportunity { title }", id=key, version=1, input={"title": "6G"})
    assert changed == {"title": "6G"}
    await lead.do("teamMemberRemove", id=made["id"])
    assert (await helper.asked("opportunity", "id", id=key)).codes == ["NOT_FOUND"]
    assert await lead.ask("opportunity", TEAM, id=key) == {"team": {"nodes": []}, "shares": {"nodes": []}}
    assert [each["verb"] for each in await log(lead, key)] == [
        f"opportunity.{verb}" for verb in ("removeTeamMember", "update", "updateTeamMember", "addTeamMember", "create")
    ]


async def test_a_manual_share_outlives_the_team(office: Office):
    helper = await office.hire("helper", COLLEAGUE)
    key = await opportunity(office.admin, await customer(office.admin))
    given = {"ids": [key], "principalIds": [helper.id], "access": "READ"}
    await office.admin.do("recordsShare", "results { id }", input=given)
    made = await added(office.admin, "teamMemberAdd", recordId=key, userId=helper.id)
    await office.admin.do("teamMemberRemove", id=made["id"])
    assert await helper.ask("opportunity", "title", id=key) == {"title": "5G 基站"}


async def test_what_is_wrong_is_refused_and_changes_nothing(office: Office):
    lead, helper = await office.hire("lead", SELLER), await office.hire("helper", COLLEAGUE)
    gone = await office.hire("gone", COLLEAGUE)
    await office.admin.do("userUpdate", "user { id }", id=gone.id, version=1, input={"active": False})
    key = await opportunity(lead, await customer(lead))
    made = await added(lead, "teamMemberAdd", recordId=key, userId=helper.id)
    async with office.unchanged():
        for user, code in (
            (helper.id, "DUPLICATE"),
            (lead.id, "INVALID"),
            (gone.id, "INVALID"),
            (unknown(Kind.USER), "NOT_FOUND"),
            (key, "NOT_FOUND"),
        ):
            refused = await lead.refusals("teamMemberAdd", input={"recordId": key, "userId": user})
            assert refused == [(code, ["input", "userId"])]
        # They may change the opportunity, and not give it to others: that takes SHARE, under whatever name.
        given = {"recordId": key, "userId": office.admin.id}
        assert await helper.refusals("teamMemberAdd", input=given) == [("FORBIDDEN", ["input", "recordId"])]
        assert await helper.refusals("teamMemberRemove", id=made["id"]) == [("FORBIDDEN", ["id"])]
        refused = await helper.refusals("teamMemberUpdate", id=made["id"], version=1, input={"access": "READ"})
        assert refused == [("FORBIDDEN", ["id"])]
        refused = await lead.refusals("teamMemberUpdate", id=made["id"], version=2, input={"access": "READ"})
        assert refused == [("CONFLICT", ["version"])]
    given = {"ids": [key], "toId": helper.id}
    await office.admin.do("recordsTransfer", "results { userErrors { code } }", input=given)
    async with office.unchanged():
        assert await office.admin.refusals("teamMemberRemove", id=made["id"]) == [("INVALID", ["id"])], "the owner stays"


async def test_open_tasks_of_somebody_who_leaves_are_nobodys(office: Office):
    lead, helper = await office.hire("lead", SELLER), await office.hire("helper", COLLEAGUE)
    key = await opportunity(lead, await customer(lead))
    made = await added(lead, "teamMemberAdd", recordId=key, userId=helper.id)
    for title in ("方案", "报价"):
        await added(lead, "processTaskAdd", recordId=key, title=title, assigneeId=helper.id)
    tasks = "nodes { id title status assignee { username } }"
    done = (await helper.ask("processTasks", tasks, filter={"assigneeId": {"eq": helper.id}}))["nodes"][0]
    await helper.do("processTaskComplete", id=done["id"])
    await lead.do("teamMemberRemove", id=made["id"])
    found = (await lead.ask("opportunity", f"tasks {{ {tasks} }}", id=key))["tasks"]["nodes"]
    assert [(each["status"], each["assignee"]) for each in found] == [("DONE", {"username": "helper"}), ("TODO", None)]
    assert [each["verb"] for each in (await log(lead, key))[:2]] == ["opportunity.removeTeamMember", "opportunity.unassignTask"]
    assert (await helper.ask("processTasks", "totalCount"))["totalCount"] == 0
