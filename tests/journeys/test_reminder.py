"""From the calendar to the popup: due, snoozed, dismissed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.factories.sockets import REMINDERS, ConnectedOffice, connected, connected_office, served

from crm.core.clock import now, print_instant

office = pytest.fixture(connected)
GRANTS = {"schedule_event.CREATE": "OWN", "schedule_event.UPDATE": "OWN"}


def meeting(seconds: float, minutes_before: int = 1, **others: Any) -> dict[str, Any]:
    """A meeting whose reminder falls due after so many seconds."""
    starts = (now() + timedelta(seconds=seconds + 1, minutes=minutes_before)).replace(microsecond=0)
    return {
        "title": "周会", "startsAt": print_instant(starts), "endsAt": print_instant(starts + timedelta(hours=1)),
        "timeZone": "Asia/Shanghai", "reminders": [{"channel": "POPUP", "minutesBefore": minutes_before}], **others,
    }  # fmt: skip


async def test_everybody_who_attends_is_reminded_once(office: ConnectedOffice):
    host, guest, outside = await office.hire("host", GRANTS), await office.hire("guest"), await office.hire("outside")
    async with (
        office.listens(host, REMINDERS) as hosts,
        office.listens(guest, REMINDERS) as guests,
        office.listens(outside, REMINDERS) as outsides,
    ):
        given = meeting(1.2, rrule="FREQ=WEEKLY", attendeeUserIds=[guest.id])
        made = await host.do("scheduleEventCreate", "scheduleEvent { id }", input=given)
        for feed in (hosts, guests):
            reminder = (await feed.next())["reminder"]
            assert reminder["event"] == {"id": made["id"], "title": "周会", "startsAt": given["startsAt"]}
            assert (reminder["channel"], reminder["late"]) == ("POPUP", False)
            assert await feed.silent()
        assert await outsides.silent()


async def test_a_snoozed_one_comes_again_and_a_dismissed_one_does_not(office: ConnectedOffice):
    host = await office.hire("host", GRANTS)
    async with office.listens(host, REMINDERS) as mine:
        await host.do("scheduleEventCreate", "scheduleEvent { id }", input=meeting(0.3))
        reminder = (await mine.next())["reminder"]
        await host.do("reminderSnooze", "reminder { state }", id=reminder["id"], minutes=1)
        await office.rows("UPDATE reminder SET snoozed_until = now() + interval '0.3 seconds'")
        again = (await mine.next())["reminder"]
        assert again["id"] == reminder["id"]
        await host.do("reminderDismiss", "reminder { state }", id=reminder["id"])
        assert await mine.silent()


async def test_what_fell_due_while_nobody_served_comes_once_and_says_that_it_is_late(database, tmp_path):
    async with connected_office(database, tmp_path) as office:
        host = await office.hire("host", GRANTS)
        async with office.listens(host, REMINDERS) as mine:
            await host.do("scheduleEventCreate", "scheduleEvent { id }", input=meeting(0.2))
            await mine.next()
        await host.do("scheduleEventCreate", "scheduleEvent { id }", input=meeting(3600, rrule="FREQ=DAILY", title="站会"))
    async with database.connection() as connection:
        await connection.execute(
            "UPDATE reminder_series SET due_at = now() - interval '3 days', occurrence_at = now() - interval '3 days'"
            " + interval '1 minute' WHERE due_at IS NOT NULL"
        )
    async with served(database, tmp_path) as found:
        office.address = found.address
        async with office.listens(host, REMINDERS, mine.cursor) as later:
            late = (await later.next())["reminder"]
            assert (late["event"]["title"], late["late"]) == ("站会", True)
            assert await later.silent(1)
