"""On which days many activities fall."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.rules.customers.activity_flow import ActivityStatus, is_overdue
from crm.rules.customers.activity_spread import instants

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def days(first: datetime, count: int, zone: ZoneInfo, *, per_day: int | None, workdays_only: bool = False) -> list[str]:
    made = instants(first, count, per_day=per_day, workdays_only=workdays_only, zone=zone)
    return [each.astimezone(zone).strftime("%a %d %H:%M") for each in made]


@pytest.mark.parametrize(
    ("per_day", "workdays_only", "expected"),
    [
        (None, False, ["Fri 06 09:00"] * 5),
        (2, False, ["Fri 06 09:00", "Fri 06 09:00", "Sat 07 09:00", "Sat 07 09:00", "Sun 08 09:00"]),
        (2, True, ["Fri 06 09:00", "Fri 06 09:00", "Mon 09 09:00", "Mon 09 09:00", "Tue 10 09:00"]),
        (5, True, ["Fri 06 09:00"] * 5),
    ],
)
def test_so_many_a_day(per_day, workdays_only, expected):
    friday = datetime(2026, 3, 6, 1, tzinfo=UTC)
    assert days(friday, 5, SHANGHAI, per_day=per_day, workdays_only=workdays_only) == expected


def test_the_time_of_day_stays_over_a_change_of_clocks():
    friday = datetime(2026, 3, 6, 14, tzinfo=UTC)
    assert days(friday, 4, NEW_YORK, per_day=1) == ["Fri 06 09:00", "Sat 07 09:00", "Sun 08 09:00", "Mon 09 09:00"]


def test_a_weekend_begins_where_people_are():
    """Late on Friday in New York it is Saturday in Shanghai."""
    late = datetime(2026, 3, 6, 23, tzinfo=UTC)
    assert days(late, 1, SHANGHAI, per_day=1, workdays_only=True) == ["Mon 09 07:00"]
    assert days(late, 1, NEW_YORK, per_day=1, workdays_only=True) == ["Fri 06 18:00"]


def test_overdue_is_what_was_to_be_done_by_now():
    now, before = datetime(2026, 3, 6, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)
    assert is_overdue(ActivityStatus.PLANNED, before, now)
    assert not is_overdue(ActivityStatus.DONE, before, now)
    assert not is_overdue(ActivityStatus.PLANNED, now, now)
    assert not is_overdue(ActivityStatus.PLANNED, None, now)
