"""The contact plan: who is due and who was contacted, in the viewer's own days, weeks and months; and what moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from tests.factories.api import Api, Office, opened

office = pytest.fixture(opened)
OWN = {f"{entity}.{action}": "OWN" for entity in ("customer", "activity") for action in ("CREATE", "READ", "UPDATE", "DELETE")}
FIGURES = "overdue dueToday dueThisWeek dueThisMonth contactedToday contactedThisWeek contactedThisMonth"
PLAN = {
    "overdue": {"nextContactAt": {"before": "TODAY"}}, "dueToday": {"nextContactAt": {"during": "TODAY"}},
    "dueThisWeek": {"nextContactAt": {"during": "THIS_WEEK"}}, "dueThisMonth": {"nextContactAt": {"during": "THIS_MONTH"}},
    "contactedToday": {"lastContactAt": {"during": "TODAY"}}, "contactedThisWeek": {"lastContactAt": {"during": "THIS_WEEK"}},
    "contactedThisMonth": {"lastContactAt": {"during": "THIS_MONTH"}},
}  # fmt: skip


def today(zone: str, *, days: int = 0, hours: float = 0) -> datetime:
    """An instant from the beginning of today there."""
    midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + timedelta(days=days, hours=hours)).astimezone(UTC)


async def due(who: Api, name: str, at: datetime, **values: object) -> str:
    given = {"name": name, "nextContactAt": at.isoformat(), **values}
    return str((await who.do("customerCreate", "customer { id }", input=given))["id"])


async def listed(who: Api, part: str, **more: object) -> set[str]:
    order = [{"field": "NEXT_CONTACT_AT"}]
    found = await who.ask("customers", "nodes { name }", filter={**PLAN[part], **more}, orderBy=order, first=100)
    return {each["name"] for each in found["nodes"]}


async def test_lists_and_counts_are_in_the_viewers_own_days(office: Office):
    """Two people, twelve hours apart: what is still today for one is tomorrow for the other."""
    china = await office.hire("china", {"customer.READ": "ALL", "customer.CREATE": "OWN"})
    hawaii = await office.hire("hawaii", {"customer.READ": "ALL", "customer.CREATE": "OWN"}, time_zone="Pacific/Honolulu")
    for zone, who in (("Asia/Shanghai", china), ("Pacific/Honolulu", hawaii)):
        for name, at in (("first", today(zone)), ("last", today(zone, hours=23.9)), ("next", today(zone, days=1))):
            await due(who, f"{name} of {who.username}", at)
        await due(who, f"before {who.username}", today(zone, hours=-0.1))
    for who in (china, hawaii):
        mine = {"owner": {"username": {"eq": who.username}}}
        assert await listed(who, "dueToday", **mine) == {f"first of {who.username}", f"last of {who.username}"}
        assert await listed(who, "overdue", **mine) == {f"before {who.username}"}
        counts = await who.ask("contactPlan", f"owner {{ username }} department {{ name }} {FIGURES}", groupBy="OWNER")
        for each in counts:
            mine = {"owner": {"username": {"eq": each["owner"]["username"]}}}
            for part in PLAN:  # every figure is the length of its list
                assert each[part] == len(await listed(who, part, **mine)), (who.username, part)
    async with office.counted() as count:
        await china.ask("contactPlan", FIGURES, groupBy="ALL")
    assert len(count.queries) == 1


async def test_weeks_begin_on_monday_and_months_on_the_first(office: Office):
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    monday = today("Asia/Shanghai", days=-now.weekday())
    first = today("Asia/Shanghai", days=1 - now.day)
    second, week_long = timedelta(seconds=1), timedelta(days=7)
    instants = {
        "sunday": monday - second, "monday": monday, "end of week": monday + week_long - second, "next week": monday + week_long,
        "month": first, "last month": first - second,
    }  # fmt: skip
    for name, at in instants.items():
        await due(office.admin, name, at)
    week = await listed(office.admin, "dueThisWeek")
    assert {"monday", "end of week"} <= week
    assert not week & {"sunday", "next week"}
    month = await listed(office.admin, "dueThisMonth")
    assert "month" in month
    assert "last month" not in month
    days = [{"birthdayOn": {"during": "TODAY"}}, {"birthdayOn": {"before": "TODAY"}}]  # columns of days, too
    assert [(await office.admin.ask("contacts", "totalCount", filter=each))["totalCount"] for each in days] == [0, 0]


async def test_counts_are_under_rights_by_owner_and_department(office: Office):
    north = await office.department("north")
    boss = await office.hire("boss", OWN | {"customer.READ": "OWN_AND_SUBORDINATES"})
    seller = await office.hire("seller", OWN, manager_id=boss.id, department_id=str(north))
    past, level = today("Asia/Shanghai", days=-3), {"lifecycle": "ACTIVE"}
    await due(boss, "boss's", past)
    await due(seller, "seller's", past)
    await due(seller, "seller's second", past, **level)
    await due(office.admin, "admin's", past)
    text = "owner { username } department { name } overdue"
    by_owner = {each["owner"]["username"]: each["overdue"] for each in await boss.ask("contactPlan", text)}
    assert by_owner == {"boss": 1, "seller": 2}
    departments = [(each["department"], each["overdue"]) for each in await boss.ask("contactPlan", text, groupBy="DEPARTMENT")]
    assert sorted(departments, key=str) == [(None, 1), ({"name": "north"}, 2)]
    assert await seller.ask("contactPlan", text, groupBy="ALL", filter={"lifecycle": {"eq": "ACTIVE"}}) == [
        {"owner": None, "department": None, "overdue": 1}
    ]
    for key in ("customer.nextContactAt", "customer.owner"):
        blind = await office.hire(f"blind.{key[9:]}", {"customer.READ": "ALL"}, hidden=[key])
        answer = await blind.asked("contactPlan", "overdue", groupBy="OWNER")
        assert (answer.data["contactPlan"], answer.codes) == (None, ["FORBIDDEN"])
    assert (await (await office.hire("none", {})).asked("contactPlan", "overdue")).codes == ["FORBIDDEN"]


async def contacts(office: Office, customer: str) -> tuple[Any, Any, int]:
    (row,) = await office.rows("SELECT last_contact_at, next_contact_at, version FROM party WHERE id = $1", UUID(customer))
    return row[0], row[1], row[2]


async def test_what_is_undone_moves_the_contacts_back(office: Office):
    who, week = office.admin, timedelta(days=7)
    created = await who.do(
        "customerCreate", "customer { id nextContactAt createdAt }", input={"name": "茶", "contactCycleDays": 7}
    )
    customer = created["id"]
    assert datetime.fromisoformat(created["nextContactAt"]) == datetime.fromisoformat(created["createdAt"]) + week
    early, late, planned = (datetime(2026, 1, day, 9, tzinfo=UTC) for day in (5, 8, 7))
    given = {"kind": "VISIT", "subject": "拜访", "partyId": customer}
    await who.do("activityCreate", "activity { id }", input={**given, "doneAt": early.isoformat()})
    visit = await who.do("activityCreate", "activity { id }", input={**given, "plannedAt": planned.isoformat()})
    await who.do("activityComplete", "activity { id }", id=visit["id"], input={"doneAt": late.isoformat()})
    assert await contacts(office, customer) == (late, late + week, 1)
    await who.do("activityReopen", "activity { id }", id=visit["id"])
    assert await contacts(office, customer) == (early, early + week, 1)
    await who.do("activityComplete", "activity { id }", id=visit["id"], input={"doneAt": late.isoformat()})
    await who.do("activityDelete", "activity { id }", id=visit["id"])
    assert await contacts(office, customer) == (early, early + week, 1)
    await who.do("activityRestore", "activity { id }", id=visit["id"])
    assert await contacts(office, customer) == (late, late + week, 1)

    explicit = datetime(2026, 2, 1, tzinfo=UTC)  # a day set by hand holds, also when what was done is undone
    await who.do("customerUpdate", "customer { id }", id=customer, version=1, input={"nextContactAt": explicit.isoformat()})
    await who.do("activityReopen", "activity { id }", id=visit["id"])
    assert await contacts(office, customer) == (early, explicit, 2)
    await who.do("customerUpdate", "customer { id }", id=customer, version=2, input={"contactCycleDays": 10})
    assert await contacts(office, customer) == (early, early + timedelta(days=10), 3)
    both = {"contactCycleDays": 20, "nextContactAt": explicit.isoformat()}
    await who.do("customerUpdate", "customer { id }", id=customer, version=3, input=both)
    assert await contacts(office, customer) == (early, explicit, 4)
