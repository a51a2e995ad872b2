"""Calendars of working time: hours, holidays and make-up days, and what makes no sense."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
CALENDAR = (
    "workCalendar { id version name timeZone hours { weekday begins ends } days { nodes { fallsOn kind likeWeekday name } } }"
)
DAY = "calendarDay { id version fallsOn kind likeWeekday name workCalendar { name version } }"
MORNING = {"weekday": 1, "begins": "09:00", "ends": "12:00"}


async def calendar(office: Office, **given: object) -> dict:
    return await office.admin.do("workCalendarCreate", CALENDAR, input={"name": "门店", "hours": [MORNING], **given})


async def test_every_organisation_starts_with_one(office: Office):
    found = (await office.admin.ask("workCalendars", "nodes { name timeZone hours { weekday } }"))["nodes"]
    assert [(each["timeZone"], len(each["hours"])) for each in found] == [("Asia/Shanghai", 10)]
    policies = (await office.admin.ask("slaPolicies", "nodes { priority workCalendar { name } }"))["nodes"]
    assert {each["priority"] for each in policies} == {"LOW", "NORMAL", "HIGH", "URGENT"}


async def test_hours_come_back_in_the_order_of_the_week(office: Office):
    night = {"weekday": 7, "begins": "22:00", "ends": "24:00"}
    made = await calendar(
        office, hours=[night, {**MORNING, "begins": "13:00", "ends": "18:00"}, MORNING], timeZone="Europe/Berlin"
    )
    assert made["hours"] == [MORNING, {**MORNING, "begins": "13:00", "ends": "18:00"}, night]
    assert made["timeZone"] == "Europe/Berlin"
    changed = await office.admin.do("workCalendarUpdate", CALENDAR, id=made["id"], version=1, input={"hours": [night]})
    assert (changed["hours"], changed["version"]) == ([night], 2)


@pytest.mark.parametrize(
    ("hours", "where"),
    [
        ([], ["input", "hours"]),
        ([{**MORNING, "ends": "09:00"}], ["input", "hours", "0", "ends"]),
        ([{**MORNING, "begins": "18:00"}], ["input", "hours", "0", "ends"]),
        ([{**MORNING, "begins": "9:00"}], ["input", "hours", "0", "begins"]),
        ([{**MORNING, "ends": "25:00"}], ["input", "hours", "0", "ends"]),
        ([{**MORNING, "weekday": 8}], ["input", "hours", "0", "weekday"]),
        ([MORNING, {**MORNING, "begins": "11:59", "ends": "13:00"}], ["input", "hours", "1"]),
        ([{**MORNING, "begins": f"{n // 60:02d}:{n % 60:02d}", "ends": f"{(n + 1) // 60:02d}:{(n + 1) % 60:02d}"}
          for n in range(51)], ["input", "hours"]),
    ],
)  # fmt: skip
async def test_hours_that_make_no_sense_are_refused(office: Office, hours, where):
    made = await calendar(office)
    async with office.unchanged():
        given = {"name": "乱", "hours": hours}
        assert [told[1] for told in await office.admin.refusals("workCalendarCreate", input=given)] == [where]
        update = await office.admin.refusals("workCalendarUpdate", id=made["id"], version=1, input={"hours": hours})
        assert [told[1] for told in update] == [where]


async def test_days_are_exceptions_once_and_move_their_calendar(office: Office):
    made = await calendar(office)
    day = {"workCalendarId": made["id"], "fallsOn": "2026-02-17", "kind": "HOLIDAY", "name": "春节"}
    off = await office.admin.do("calendarDayCreate", DAY, input=day)
    assert (off["likeWeekday"], off["workCalendar"]) == (None, {"name": "门店", "version": 2})
    worked = await office.admin.do(
        "calendarDayCreate", DAY, input={**day, "fallsOn": "2026-02-14", "kind": "WORKDAY", "name": None}
    )
    assert (worked["likeWeekday"], worked["workCalendar"]["version"]) == (1, 3)
    async with office.unchanged():
        assert await office.admin.refusals("calendarDayCreate", input=day) == [("DUPLICATE", ["input", "fallsOn"])]
        for wrong in ({"kind": "WORKDAY", "likeWeekday": 8}, {"likeWeekday": 2}):
            given = {**day, "fallsOn": "2026-05-01", **wrong}
            assert await office.admin.refusals("calendarDayCreate", input=given) == [("INVALID", ["input", "likeWeekday"])]
        update = {"id": worked["id"], "version": 1, "input": {"fallsOn": "2026-02-17"}}
        assert await office.admin.refusals("calendarDayUpdate", **update) == [("DUPLICATE", ["input", "fallsOn"])]
    turned = await office.admin.do("calendarDayUpdate", DAY, id=worked["id"], version=1, input={"kind": "HOLIDAY"})
    assert (turned["likeWeekday"], turned["workCalendar"]["version"]) == (None, 4)
    await office.admin.do("calendarDayDelete", DAY, id=off["id"])
    again = await office.admin.do("calendarDayCreate", DAY, input=day)
    assert again["workCalendar"]["version"] == 6
    async with office.unchanged():
        assert await office.admin.refusals("calendarDayRestore", id=off["id"]) == [("DUPLICATE", ["id"])]


async def test_of_many_who_enter_a_day_at_once_one_does(office: Office):
    made = await calendar(office)
    day = {"workCalendarId": made["id"], "fallsOn": "2026-10-01", "kind": "HOLIDAY"}
    answers = await asyncio.gather(*(office.admin.tried("calendarDayCreate", DAY, input=day) for _ in range(4)))
    assert sorted(error["code"] for each in answers for error in each["userErrors"]) == ["DUPLICATE"] * 3


async def test_a_calendar_that_cases_are_promised_by_stays(office: Office):
    made = await calendar(office)
    policy = await office.value("SELECT id FROM sla_policy WHERE priority = 'LOW'")
    await office.admin.do("slaPolicyUpdate", "slaPolicy { id }", id=str(policy), version=1, input={"workCalendarId": made["id"]})
    async with office.unchanged():
        assert await office.admin.refusals("workCalendarDelete", id=made["id"]) == [("INVALID", ["id"])]
        assert await office.admin.refusals("workCalendarCreate", input={"name": "门店", "hours": [MORNING]}) == [
            ("DUPLICATE", ["input", "name"])
        ]
        zone = {"name": "火星", "hours": [MORNING], "timeZone": "Mars/Base"}
        assert await office.admin.refusals("workCalendarCreate", input=zone) == [("INVALID", ["input", "timeZone"])]
    await office.admin.do("slaPolicyDelete", "slaPolicy { id }", id=str(policy))
    await office.admin.do("workCalendarDelete", CALENDAR, id=made["id"])
    async with office.unchanged():
        assert await office.admin.refusals("slaPolicyRestore", id=str(policy)) == [("INVALID", ["id"])]


async def test_promises_that_make_no_sense_are_refused(office: Office):
    calendar_id = str(await office.value("SELECT id FROM work_calendar"))
    policy = await office.value("SELECT id FROM sla_policy WHERE priority = 'LOW'")
    right = {"name": "低", "priority": "LOW", "workCalendarId": calendar_id, "responseMinutes": 5, "resolutionMinutes": 9}
    async with office.unchanged():
        assert await office.admin.refusals("slaPolicyCreate", input=right) == [("DUPLICATE", ["input", "priority"])]
        for wrong, where in (
            ({"responseMinutes": 0}, "responseMinutes"), ({"resolutionMinutes": -1}, "resolutionMinutes"),
            ({"nearPercent": 100}, "nearPercent"), ({"responseMinutes": 500, "resolutionMinutes": 499}, "responseMinutes"),
        ):  # fmt: skip
            assert await office.admin.refusals("slaPolicyUpdate", id=str(policy), version=1, input=wrong) == [
                ("INVALID", ["input", where])
            ]


async def test_everybody_reads_and_whoever_is_granted_it_writes(office: Office):
    made = await calendar(office)
    reader = await office.hire("reader", {"customer.READ": "OWN"})
    assert (await reader.ask("workCalendars", "totalCount"))["totalCount"] == 2
    text = "mutation ($id: ID!) { workCalendarDelete(id: $id) { userErrors { code } } }"
    async with office.unchanged():
        assert (await reader.run(text, id=made["id"])).codes == ["FORBIDDEN"]
