"""Activities lead to others: done with the next step, put off, about a record, planned for many, seen in a calendar."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
ACTIVITY = """activity { id kind status subject plannedAt overdue outcome outcomeOption { code } previous { id }
    party { name } contact { name } opportunity { title } owner { username } participants { user { username } }
    followUps { nodes { id kind status subject plannedAt party { name } contact { name } opportunity { title }
        owner { username } previous { id } } } }"""
SALES = {"customer.*": "OWN", "contact.*": "OWN", "activity.*": "OWN", "opportunity.*": "OWN"}
LATER = "2090-01-01T00:00:00Z"


class Desk:
    """A salesperson with a customer, a contact there and an opportunity."""

    def __init__(self, office: Office, who: Api) -> None:
        self.office, self.who = office, who

    async def settled(self) -> Desk:
        self.party = (await self.who.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
        contact = {"name": "王", "partyId": self.party}
        self.contact = (await self.who.do("contactCreate", "contact { id }", input=contact))["id"]
        await self.office.admin.ask("pipelines", "totalCount")
        given = {"title": "交换机", "partyId": self.party}
        self.opportunity = (await self.who.do("opportunityCreate", "opportunity { id }", input=given))["id"]
        return self

    async def planned(self, **given: Any) -> dict[str, Any]:
        made: dict[str, Any] = await self.who.do(
            "activityCreate", ACTIVITY, input={"kind": "VISIT", "subject": "拜访", "plannedAt": "2026-03-02T01:00:00Z", **given}
        )
        return made


@pytest.fixture
async def desk(office: Office) -> Desk:
    return await Desk(office, await office.hire("seller", SALES)).settled()


async def test_done_and_the_next_step_planned_in_one(desk: Desk):
    made = await desk.planned(contactId=desk.contact, recordId=desk.opportunity)
    assert (made["party"], made["opportunity"], made["overdue"]) == ({"name": "华为"}, {"title": "交换机"}, True)
    option = await desk.office.value(
        "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE d.code = 'activity_outcome' LIMIT 1"
    )
    following = {"kind": "CALL", "plannedAt": LATER, "participants": [{"userId": desk.office.admin.id}]}
    given = {"outcome": "要报价", "outcomeOptionId": str(option), "nextStep": "电话跟进", "next": following}
    done = await desk.who.do("activityComplete", ACTIVITY, id=made["id"], input=given)
    assert (done["status"], done["overdue"], done["outcomeOption"]) == ("DONE", False, {"code": "reached"})
    (step,) = done["followUps"]["nodes"]
    assert step == {
        "id": step["id"], "kind": "CALL", "status": "PLANNED", "subject": "拜访", "plannedAt": "2090-01-01T00:00:00+00:00",
        "party": {"name": "华为"}, "contact": {"name": "王"}, "opportunity": {"title": "交换机"}, "owner": {"username": "seller"},
        "previous": {"id": made["id"]},
    }  # fmt: skip
    assert (await desk.who.ask("opportunity", "activities { totalCount }", id=desk.opportunity))["activities"]["totalCount"] == 2
    async with desk.office.unchanged():
        assert await desk.who.refusals("activityComplete", id=made["id"], input=given) == [("ILLEGAL_TRANSITION", None)]


async def test_completed_by_several_at_once_there_is_one_next_step(desk: Desk):
    made = await desk.planned()
    given = {"next": {"kind": "CALL", "plannedAt": LATER}}
    found = await asyncio.gather(*(desk.who.tried("activityComplete", ACTIVITY, id=made["id"], input=given) for _ in range(3)))
    assert sorted(len(payload["userErrors"]) for payload in found) == [0, 1, 1]
    assert await desk.office.value("SELECT count(*) FROM activity WHERE previous_id = $1", made["id"]) == 1


async def test_a_wrong_next_step_leaves_the_activity_planned(desk: Desk):
    made = await desk.planned()
    reader = await desk.office.hire("closer", {"activity.READ": "ALL", "activity.UPDATE": "ALL"})
    right = {"kind": "CALL", "plannedAt": LATER}
    bad = {
        "before it": ({**right, "plannedAt": "2020-01-01T00:00:00Z"}, [("INVALID", ["input", "next", "plannedAt"])]),
        "blank": ({**right, "subject": " "}, [("REQUIRED", ["input", "subject"])]),
        "nobody": ({**right, "ownerId": unknown(Kind.USER)}, [("NOT_FOUND", ["input", "next", "ownerId"])]),
        "another's": ({**right, "ownerId": desk.office.admin.id}, [("FORBIDDEN", ["input", "next", "ownerId"])]),
        "twice": (
            {**right, "participants": [{"userId": desk.who.id}] * 2},
            [("INVALID", ["input", "next", "participants", "1"])],
        ),
    }
    async with desk.office.unchanged():
        for case, (given, refused) in bad.items():
            assert await desk.who.refusals("activityComplete", id=made["id"], input={"next": given}) == refused, case
        assert await reader.refusals("activityComplete", id=made["id"], input={"next": right}) == [("FORBIDDEN", None)]
        text = "mutation ($id: ID!) { activityComplete(id: $id, input: {next: {kind: CALL}}) { userErrors { code } } }"
        assert (await desk.who.run(text, id=made["id"])).codes == ["BAD_USER_INPUT"], "a next step has a time"


async def test_put_off_only_while_it_is_planned(desk: Desk):
    made = await desk.planned()
    moved = await desk.who.do("activityReschedule", ACTIVITY, id=made["id"], plannedAt=LATER)
    assert (moved["plannedAt"], moved["overdue"], moved["status"]) == ("2090-01-01T00:00:00+00:00", False, "PLANNED")
    log = await desk.who.ask("activity", "changes(first: 1) { nodes { verb fields { field new } } }", id=made["id"])
    assert log["changes"]["nodes"] == [
        {"verb": "activity.reschedule", "fields": [{"field": "plannedAt", "new": "2090-01-01T00:00:00+00:00"}]}
    ]
    await desk.who.do("activityComplete", ACTIVITY, id=made["id"])
    async with desk.office.unchanged():
        assert await desk.who.refusals("activityReschedule", id=made["id"], plannedAt=LATER) == [("ILLEGAL_TRANSITION", None)]


async def test_about_one_record_of_the_same_party(desk: Desk):
    other = (await desk.who.do("customerCreate", "customer { id }", input={"name": "中兴"}))["id"]
    foreign = await desk.office.admin.do("customerCreate", "customer { id }", input={"name": "别人的"})
    theirs = {"title": "别人的", "partyId": foreign["id"]}
    hidden = await desk.office.admin.do("opportunityCreate", "opportunity { id }", input=theirs)
    made = await desk.planned(recordId=desk.opportunity)
    assert made["party"] == {"name": "华为"}, "it follows from the record"
    where = ["input", "recordId"]
    async with desk.office.unchanged():
        for key in (hidden["id"], unknown(Kind.OPPORTUNITY), desk.party, "x", unknown(Kind.CALL)):
            given = {"kind": "CALL", "subject": "s", "recordId": key}
            assert await desk.who.refusals("activityCreate", input=given) == [("NOT_FOUND", where)], key
        given = {"kind": "CALL", "subject": "s", "recordId": desk.opportunity, "partyId": other}
        assert await desk.who.refusals("activityCreate", input=given) == [("INVALID", where)]
        moved = {"id": made["id"], "version": 1, "input": {"partyId": other}}
        assert await desk.who.refusals("activityUpdate", **moved) == [("INVALID", ["input", "partyId"])]
        away = {"id": desk.opportunity, "version": 1, "input": {"partyId": other}}
        assert await desk.who.refusals("opportunityUpdate", **away) == [("INVALID", ["input", "partyId"])]
    admin, paper = desk.office.admin, {"title": "c", "kind": "SALES", "partyId": desk.party}
    agreed = await admin.do("contractCreate", "contract { id }", input=paper)
    changed = await admin.do("activityUpdate", "activity { opportunity { id } contract { id } delivery { id } }", id=made["id"],
                             version=1, input={"recordId": agreed["id"]})  # fmt: skip
    assert changed == {"opportunity": None, "contract": {"id": agreed["id"]}, "delivery": None}, "about one at a time"
    freed = await admin.do("activityUpdate", "activity { contract { id } }", id=made["id"], version=2, input={"recordId": None})
    assert freed == {"contract": None}


async def test_whoever_takes_part_sees_it_and_nothing_behind_it(desk: Desk):
    guest = await desk.office.hire("guest", {"activity.READ": "OWN"})
    closed = await desk.office.hire("closed", {"customer.READ": "OWN"})
    made = await desk.planned(partyId=desk.party, participants=[{"userId": guest.id}, {"userId": closed.id}])
    seen = await guest.ask("activities", "nodes { id subject party { id } }")
    assert seen["nodes"] == [{"id": made["id"], "subject": "拜访", "party": None}]
    assert (await closed.asked("activity", "id", id=made["id"])).codes == ["FORBIDDEN"], "without the gate nobody sees any"
    async with desk.office.unchanged():
        answer = await guest.run("mutation ($id: ID!) { activityCancel(id: $id) { userErrors { code } } }", id=made["id"])
        assert answer.codes == ["FORBIDDEN"]
    await desk.who.do("activityUpdate", "activity { id }", id=made["id"], version=1, input={"participants": []})
    assert (await guest.ask("activities", "nodes { id }"))["nodes"] == []


SHANGHAI_MONDAY = {"from": "2026-03-02T00:00:00+08:00", "to": "2026-03-03T00:00:00+08:00"}


async def test_a_calendar_of_days_as_people_have_them(desk: Desk):
    boss = await desk.office.hire("boss", {"activity.READ": "OWN"})
    version = await desk.office.value("SELECT version FROM user_account WHERE id = $1", desk.who.id)
    await desk.office.admin.do("userUpdate", "user { id }", id=desk.who.id, version=version, input={"managerId": boss.id})
    late = await desk.planned(subject="晚", plannedAt="2026-03-02T15:59:59Z", participants=[{"userId": boss.id}])
    early = await desk.planned(subject="早", plannedAt="2026-03-01T16:00:00Z")
    await desk.planned(subject="次日", plannedAt="2026-03-02T16:00:00Z")
    past = await desk.planned(subject="已做", plannedAt="2026-02-01T00:00:00Z")
    await desk.who.do("activityComplete", "activity { id }", id=past["id"], input={"doneAt": "2026-03-02T02:00:00Z"})
    moved = await desk.planned(subject="提前做了", plannedAt="2026-03-02T03:00:00Z")
    await desk.who.do("activityComplete", "activity { id }", id=moved["id"], input={"doneAt": "2026-02-27T03:00:00Z"})

    async def shown(who: Api, **given: Any) -> list[str]:
        return [each["subject"] for each in await who.ask("activityCalendar", "subject", **SHANGHAI_MONDAY, **given)]

    assert await shown(desk.who) == ["早", "已做", "晚"]
    assert await shown(boss) == ["晚"], "taken part in"
    assert await shown(boss, reports=True) == ["早", "已做", "晚"], "and those below"
    assert await shown(boss, userIds=[desk.who.id]) == ["早", "已做", "晚"]
    assert await shown(desk.who, userIds=[boss.id]) == ["晚"]
    assert await shown(desk.who, userIds=[unknown(Kind.USER)]) == []
    stranger = await desk.office.hire("stranger", {"activity.READ": "OWN"})
    assert await shown(stranger, userIds=[desk.who.id, boss.id]) == []
    async with desk.office.counted() as count:
        await boss.ask("activityCalendar", "subject owner { username }", **SHANGHAI_MONDAY, reports=True)
    assert len([text for text in count.queries if "FROM activity" in text and "_epoch" in text]) == 1
    for wrong in ({"from": "2026-03-03T00:00:00Z", "to": "2026-03-02T00:00:00Z"}, {"from": LATER, "to": LATER},
                  {"from": "2016-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}):  # fmt: skip
        assert (await desk.who.asked("activityCalendar", "id", **wrong)).codes == ["BAD_USER_INPUT"]
    assert (await desk.who.asked("activityCalendar", "id", **SHANGHAI_MONDAY, userIds=["x"] * 101)).codes == ["BAD_USER_INPUT"]
    hidden = await desk.office.hire("hidden", {"activity.READ": "ALL"}, hidden=["activity.participants", "activity.owner"])
    assert await shown(hidden, userIds=[desk.who.id, boss.id]) == [], "whose they are is not told by asking for people"
    blind = await desk.office.hire("blind", {"activity.READ": "ALL"}, hidden=["activity.plannedAt"])
    assert (await blind.asked("activityCalendar", "id", **SHANGHAI_MONDAY)).codes == ["FORBIDDEN"]
    assert {late["id"], early["id"]} <= {each["id"] for each in (await desk.who.ask("activities", "nodes { id }"))["nodes"]}


PLAN = "results { id userErrors { code field } record { subject plannedAt owner { username } party { name } } }"


async def test_one_plan_for_many_parties(desk: Desk):
    office, who = desk.office, desk.who
    pool = await office.admin.do("customerCreate", "customer { id }", input={"name": "公海"})
    await office.rows("UPDATE party SET owner_id = NULL WHERE id = $1", pool["id"])
    others = [(await office.admin.do("customerCreate", "customer { id }", input={"name": f"{n}"}))["id"] for n in range(2)]
    grants = {"customer.READ": "ALL", "activity.READ": "ALL", "activity.CREATE": "ALL"}
    lead = await office.hire("lead", grants, time_zone="Asia/Shanghai")
    friday = "2026-03-06T01:00:00Z"
    ids = [desk.party, pool["id"], *others]
    given = {"kind": "CALL", "subject": "节日问候", "plannedAt": friday, "perDay": 2, "workdaysOnly": True}
    found = await lead.do("activitiesPlan", PLAN, input={**given, "partyIds": ids})
    assert [each["id"] for each in found] == ids
    assert [each["record"]["owner"]["username"] for each in found] == ["seller", "lead", "admin", "admin"]
    assert [each["record"]["plannedAt"][:10] for each in found] == ["2026-03-06", "2026-03-06", "2026-03-09", "2026-03-09"]
    assert await office.value("SELECT count(*) FROM notification WHERE kind = 'ASSIGNED'") >= 2
    mixed = [desk.party, others[0], "x", unknown(Kind.PARTY)]
    found = await who.do("activitiesPlan", PLAN, input={**given, "partyIds": mixed, "ownerId": who.id})
    assert [[error["code"] for error in each["userErrors"]] for each in found] == [[], *[["NOT_FOUND"]] * 3]
    found = await who.do("activitiesPlan", PLAN, input={**given, "partyIds": [desk.party], "ownerId": office.admin.id})
    assert [error["code"] for each in found for error in each["userErrors"]] == ["FORBIDDEN"]
    bad = {
        "none": ({"partyIds": []}, ["input", "partyIds"]),
        "10,000": ({"partyIds": [f"{n}" for n in range(10_000)]}, ["input", "partyIds"]),
        "twice": ({"partyIds": [desk.party] * 2}, ["input", "partyIds"]),
        "far away": ({"plannedAt": LATER}, ["input", "plannedAt"]),
        "none a day": ({"perDay": 0}, ["input", "perDay"]),
        "nobody": ({"ownerId": unknown(Kind.USER)}, ["input", "ownerId"]),
    }
    async with office.unchanged():
        for case, (wrong, field) in bad.items():
            payload = await who.tried("activitiesPlan", PLAN, input={**given, "partyIds": [desk.party], **wrong})
            assert [error["field"] for error in payload["userErrors"]] == [field], case
        assert await who.refusals("activitiesPlan", input={**given, "partyIds": [desk.party], "subject": " "})
    key = {"input": {**given, "partyIds": [desk.party]}, "idempotencyKey": "k"}
    first, again = [await who.do("activitiesPlan", PLAN, **key) for _ in range(2)]
    assert first == again
