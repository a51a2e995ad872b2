"""Quiet hours: held back until they end, whatever the clocks do meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.rules.office.test_recurrence import ZONES

from crm.rules.office.quiet_hours import QuietHours, quiet_until, read_quiet_hours

NIGHT, NOON = QuietHours(time(22), time(7)), QuietHours(time(12), time(13, 30))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("quiet", "instant", "until"),
    [
        (NIGHT, "2026-07-01 13:59:59", None),
        (NIGHT, "2026-07-01 14:00", "2026-07-01 23:00"),
        (NIGHT, "2026-07-01 16:30", "2026-07-01 23:00"),
        (NIGHT, "2026-07-01 22:59:59", "2026-07-01 23:00"),
        (NIGHT, "2026-07-01 23:00", None),
        (NOON, "2026-07-01 03:59:59", None),
        (NOON, "2026-07-01 04:00", "2026-07-01 05:30"),
        (NOON, "2026-07-01 05:30", None),
    ],
)
def test_in_shanghai(quiet, instant, until):
    assert quiet_until(quiet, "Asia/Shanghai", at(instant)) == (until and at(until))


def test_an_end_that_comes_twice_is_not_waited_for_in_the_past():
    """In Berlin half past two comes twice on 25 October 2026; at the second 2:10 the first of them is over."""
    quiet = QuietHours(time(22), time(2, 30))
    assert quiet_until(quiet, "Europe/Berlin", at("2026-10-25 00:10")) == at("2026-10-25 00:30")
    assert quiet_until(quiet, "Europe/Berlin", at("2026-10-25 01:10")) == at("2026-10-25 01:30")


@pytest.mark.parametrize("zone", ZONES)
def test_the_end_is_the_first_instant_after_at_which_it_is_not_quiet(zone):
    """Minute by minute around each change of the clocks in a year: nothing fires in quiet hours, and nothing waits for ever."""
    clock = ZoneInfo(zone)
    first = at("2026-01-01")
    days = [first + timedelta(days=number) for number in range(366)]
    turning = [
        day for day in days if day.astimezone(clock).utcoffset() != (day + timedelta(days=1)).astimezone(clock).utcoffset()
    ]
    for day in [*turning, at("2026-06-10")]:
        for quiet in (NIGHT, QuietHours(time(23, 30), time(2, 15)), QuietHours(time(1, 30), time(3))):
            for minutes in range(0, 1440, 15):
                instant = day + timedelta(minutes=minutes)
                until = quiet_until(quiet, zone, instant)
                assert (until is not None) == quiet.holds(instant.astimezone(clock).time())
                if until is not None:
                    assert instant < until <= instant + timedelta(hours=12)
                    assert not quiet.holds(until.astimezone(clock).time()) or until.astimezone(clock).fold == 0


@pytest.mark.parametrize(
    ("begins", "ends"), [("22", "07:00"), ("24:00", "07:00"), ("7:00", "22:00"), ("٢٢:00", "07:00"), ("07:00", "07:00")]
)
def test_what_is_no_time_of_the_day(begins, ends):
    with pytest.raises(ValueError, match="written like|another time"):
        read_quiet_hours(begins, ends)
