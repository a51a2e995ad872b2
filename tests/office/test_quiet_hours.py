"""Quiet hours: what falls due in them comes at their end, once; and what a clock that jumps does to reminders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.factories.api import Api, Office, opened
from tests.office.diary import due, fire, fired, planned, popup, soon, text

from crm.notify.office import reminders
from crm.notify.office.reminders import Clock, replan
from crm.services.office.reminder_firing import fire_due, next_due

office = pytest.fixture(opened)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
OWN = {"schedule_event.*": "OWN"}


async def quiet(who: Api, begins: str | None, until: str | None) -> Any:
    await who.do("quietHoursSet", "user { id }", **{"from": begins, "until": until})
    return (await who.ask("me", "quietHours { from until }"))["quietHours"]


def night(zone: str, hour: int) -> datetime:
    """That hour of the day after tomorrow there."""
    there = (datetime.now(UTC) + 2 * DAY).astimezone(ZoneInfo(zone))
    return there.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


async def test_they_are_ones_own_and_can_be_taken_back(office: Office):
    bo = await office.hire("bo")
    assert (await bo.ask("me", "quietHours { from }"))["quietHours"] is None
    assert await quiet(bo, "22:00", "07:30") == {"from": "22:00", "until": "07:30"}
    log = await office.rows(
        "SELECT verb, changes::text FROM change WHERE record_id = $1 ORDER BY at DESC, id DESC LIMIT 1", bo.id
    )
    assert log[0]["verb"] == "user.setQuietHours"
    assert '"quietFrom"' in log[0]["changes"]
    async with office.unchanged():
        assert await quiet(bo, "22:00", "07:30") is not None
        for begins, until, field in (
            ("22:00", None, "until"),
            (None, "07:00", "from"),
            ("7:00", "22:00", "from"),
            ("07:00", "07:00", "from"),
        ):
            assert await bo.refusals("quietHoursSet", **{"from": begins, "until": until}) == [("INVALID", [field])]
        assert (await office.anonymous.asked("me", "quietHours { from }")).status == 401
    assert await quiet(bo, None, None) is None


async def test_what_falls_due_in_the_night_comes_in_the_morning_and_once(office: Office):
    """In each person's own zone; a colleague without quiet hours is told at once."""
    ann = await office.hire("ann", OWN, time_zone="Europe/Berlin")
    bo = await office.hire("bo", time_zone="Asia/Tokyo")
    assert await quiet(ann, "22:00", "07:00")
    starts = night("Europe/Berlin", 23)
    rule = "FREQ=DAILY"
    await planned(ann, starts, rrule=rule, attendeeUserIds=[bo.id], timeZone="Europe/Berlin", **popup(10))
    at, morning = starts - 10 * MINUTE, starts + timedelta(hours=8)
    assert await fire(office, at) == 1
    assert (await fired(ann), len(await fired(bo))) == ([], 1)
    assert await due(office) == [("ann", 10, text(morning)), ("bo", 10, text(at + DAY))]
    assert await fire(office, morning - MINUTE) == 0
    assert await fire(office, morning) == 1
    [mine] = await fired(ann)
    assert (mine["occurrenceAt"], mine["dueAt"], mine["late"]) == (text(starts), text(at), True)
    assert await due(office) == [("ann", 10, text(at + DAY)), ("bo", 10, text(at + DAY))]
    # Three nights without a scheduler: in the morning one, for the latest.
    assert await fire(office, morning + 3 * DAY) == 2
    assert [each["occurrenceAt"] for each in await fired(ann)] == [text(starts + 3 * DAY), text(starts)]


async def test_what_they_hold_back_follows_when_they_change(office: Office):
    ann = await office.hire("ann", OWN)
    starts = night("Asia/Shanghai", 23)
    await planned(ann, starts, **popup(0))
    await quiet(ann, "22:00", "07:00")
    assert await fire(office, starts) == 0
    await quiet(ann, "22:00", "06:00")
    assert await fire(office, starts) == 0
    assert await next_due(office.database) == starts + timedelta(hours=7)
    await quiet(ann, None, None)
    assert await fire(office, starts + MINUTE) == 1


async def test_a_snooze_rings_when_it_was_told_to(office: Office):
    ann = await office.hire("ann", OWN)
    await planned(ann, soon(minutes=5), **popup(10))
    await fire(office, soon())
    await quiet(ann, "00:00", "23:59")
    await ann.do("reminderSnooze", "reminder { state }", id=(await fired(ann))[0]["id"], minutes=1)
    assert await fire(office, soon(minutes=2)) == 1


async def test_a_clock_that_ran_ahead_and_was_put_right_costs_no_reminder(office: Office, monkeypatch):
    """While it is ahead people are told of the latest only; after it went back they are told of the rest, each once."""
    starts = soon(hours=2)
    await planned(office.admin, starts, rrule="FREQ=DAILY;COUNT=6", **popup(15))
    await planned(office.admin, soon(hours=3), title="single", **popup(0))
    await fire(office, starts + 2 * DAY)
    assert (await fired(office.admin))[0]["occurrenceAt"] == text(starts + 2 * DAY)
    await fire(office, starts + 9 * DAY)
    assert await due(office) == []
    await replan(office.database)
    for day in range(6):
        # Days 2 and 5 have been told while the clock was ahead.
        assert await fire(office, starts + day * DAY - 15 * MINUTE) == (day not in (2, 5)), day
    assert await office.value("SELECT count(*) FROM reminder") == 7
    assert (
        await office.value("SELECT max(n) FROM (SELECT count(*) n FROM event WHERE topic = 'reminders' GROUP BY record_id) x")
        == 1
    )


async def test_a_clock_that_goes_back_tells_nothing_twice(office: Office):
    starts = soon(hours=2)
    await planned(office.admin, starts, rrule="FREQ=DAILY", **popup(15))
    assert await fire(office, starts) == 1
    await replan(office.database)
    for minutes in (-60, -15, 0):
        assert await fire(office, starts + minutes * MINUTE) == 0
    assert await fire_due(office.database, starts + DAY) == 1


def test_whether_the_clock_went_back(monkeypatch):
    at, steady = datetime(2026, 1, 1, tzinfo=UTC), 100.0
    monkeypatch.setattr(reminders, "now", lambda: at)
    monkeypatch.setattr(reminders.time, "monotonic", lambda: steady)
    clock = Clock()
    for ahead, passed, back in ((1, 1, False), (3600, 1, False), (-3600, 1, True), (1, 1, False), (0, 20, False), (0, 60, True)):
        at, steady = at + timedelta(seconds=ahead), steady + passed
        assert clock.went_back() is back, (ahead, passed)
