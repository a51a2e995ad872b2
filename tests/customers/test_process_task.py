"""Tasks of an opportunity: written down, assigned, started, done; and listed over all that one sees."""

from __future__ import annotations

import pytest
from tests.customers.selling import SELLER, added, customer, log, opportunity
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
TASK = "processTask { id version title status dueOn doneAt position actions assignee { username } opportunity { title } }"
STEPS = {
    ("TODO", "Start"): "DOING",
    ("TODO", "Complete"): "DONE",
    ("TODO", "Cancel"): "CANCELLED",
    ("DOING", "Complete"): "DONE",
    ("DOING", "Cancel"): "CANCELLED",
    ("DOING", "Reopen"): "TODO",
    ("DONE", "Reopen"): "TODO",
    ("CANCELLED", "Reopen"): "TODO",
}
INTO = {"TODO": (), "DOING": ("Start",), "DONE": ("Complete",), "CANCELLED": ("Cancel",)}


async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office):
    key = await opportunity(office.admin, await customer(office.admin))
    for state, way in INTO.items():
        for verb in ("Start", "Complete", "Cancel", "Reopen"):
            made = await added(office.admin, "processTaskAdd", recordId=key, title="方案")
            for step in way:
                await office.admin.do(f"processTask{step}", id=made["id"])
            if (state, verb) in STEPS:
                after = await office.admin.do(f"processTask{verb}", TASK, id=made["id"])
                assert after["status"] == STEPS[state, verb]
                assert (after["doneAt"] is not None) == (after["status"] == "DONE")
                assert (await log(office.admin, key))[0]["verb"] == f"opportunity.{verb.lower()}Task"
            else:
                async with office.unchanged():
                    assert await office.admin.refusals(f"processTask{verb}", id=made["id"]) == [("ILLEGAL_TRANSITION", None)]


async def test_tasks_have_a_place_a_day_and_somebody_who_does_them(office: Office):
    lead, helper = await office.hire("lead", SELLER), await office.hire("helper", {"opportunity.*": "OWN"})
    key = await opportunity(lead, await customer(lead))
    await added(lead, "teamMemberAdd", recordId=key, userId=helper.id)
    first = await lead.do("processTaskAdd", TASK, input={"recordId": key, "title": "方案", "assigneeId": lead.id})
    assert first == {
        "id": first["id"],
        "version": 1,
        "title": "方案",
        "status": "TODO",
        "dueOn": None,
        "doneAt": None,
        "position": 0,
        "actions": ["START", "COMPLETE", "CANCEL"],
        "assignee": {"username": "lead"},
        "opportunity": {"title": "5G 基站"},
    }
    given = {"recordId": key, "title": "报价", "assigneeId": helper.id, "dueOn": "2026-12-01"}
    second = await lead.do("processTaskAdd", TASK, input=given)
    assert (second["position"], second["dueOn"]) == (1, "2026-12-01")
    kinds = [each["kind"] for each in (await helper.ask("notifications", "nodes { kind }"))["nodes"]]
    assert sorted(kinds) == ["ASSIGNED", "SHARED_WITH_YOU"]
    values = {"position": -1, "dueOn": None, "title": "最终报价", "assigneeId": None}
    changed = await lead.do("processTaskUpdate", TASK, id=second["id"], version=1, input=values)
    assert (changed["title"], changed["version"], changed["assignee"], changed["dueOn"]) == ("最终报价", 2, None, None)
    found = await lead.ask("opportunity", "tasks { nodes { title } }", id=key)
    assert [each["title"] for each in found["tasks"]["nodes"]] == ["最终报价", "方案"]
    await lead.do("processTaskUpdate", TASK, id=second["id"], version=2, input={"assigneeId": helper.id})
    assert len((await helper.ask("notifications", "nodes { kind }"))["nodes"]) == 3


async def test_the_list_of_all_tasks_follows_the_rights_of_their_records(office: Office):
    lead, other = await office.hire("lead", SELLER), await office.hire("other", SELLER)
    for who, titles in ((lead, ("甲", "乙")), (other, ("丙",))):
        key = await opportunity(who, await customer(who, who.username))
        for place, title in enumerate(titles):
            await added(who, "processTaskAdd", recordId=key, title=title, dueOn=f"2026-12-0{9 - place}", assigneeId=who.id)
    order = [{"field": "DUE_ON"}]
    found = await lead.ask("processTasks", "totalCount nodes { title opportunity { title } }", orderBy=order)
    assert [each["title"] for each in found["nodes"]] == ["乙", "甲"]
    assert found["totalCount"] == 2
    everything = await office.admin.ask("processTasks", "totalCount", filter={"status": {"eq": "TODO"}})
    assert everything["totalCount"] == 3
    theirs = (await other.ask("processTasks", "nodes { id }"))["nodes"][0]["id"]
    assert (await lead.asked("processTask", "id", id=theirs)).codes == ["NOT_FOUND"]
    assert (await other.ask("processTask", "title", id=theirs)) == {"title": "丙"}
    nobody = await office.hire("nobody", {})
    assert (await nobody.ask("processTasks", "totalCount"))["totalCount"] == 0


async def test_what_is_wrong_is_refused_and_changes_nothing(office: Office):
    lead, stranger = await office.hire("lead", SELLER), await office.hire("stranger", SELLER)
    key = await opportunity(lead, await customer(lead))
    made = await added(lead, "processTaskAdd", recordId=key, title="方案")
    async with office.unchanged():
        for change, wanted in (
            ({"title": "  "}, ("REQUIRED", ["input", "title"])),
            ({"title": "x" * 201}, ("INVALID", ["input", "title"])),
            ({"assigneeId": stranger.id}, ("INVALID", ["input", "assigneeId"])),
            ({"assigneeId": unknown(Kind.USER)}, ("NOT_FOUND", ["input", "assigneeId"])),
            ({"position": 2**31 - 1, "description": "x" * 20_001}, ("INVALID", ["input", "description"])),
        ):
            assert await lead.refusals("processTaskAdd", input={"recordId": key, "title": "报价"} | change) == [wanted]
            update = {"title": "报价"} | change
            assert await lead.refusals("processTaskUpdate", id=made["id"], version=1, input=update) == [wanted]
        for verb in ("Start", "Complete", "Cancel", "Reopen", "Remove"):
            for odd in ("", "\x00", unknown(Kind.PROCESS_TASK), key):
                assert await lead.refusals(f"processTask{verb}", id=odd) == [("NOT_FOUND", ["id"])]
            assert await stranger.refusals(f"processTask{verb}", id=made["id"]) == [("NOT_FOUND", ["id"])]
        given = {"recordId": key, "title": "报价"}
        assert await stranger.refusals("processTaskAdd", input=given) == [("NOT_FOUND", ["input", "recordId"])]
    await lead.do("processTaskRemove", id=made["id"])
    assert await office.value("SELECT count(*) FROM process_task") == 0
