"""Working time against an oracle that looks at the wall clock minute by minute, also in the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.rules.system.working_time import NoWorkingTime, WorkingTime, minute_of

MINUTE = timedelta(minutes=1)
SHANGHAI = ZoneInfo("Asia/Shanghai")
OFFICE = dict.fromkeys(range(1, 6), ((9 * 60, 12 * 60), (13 * 60, 18 * 60)))
CHANGES = {
    "Europe/Berlin": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "America/Santiago": (date(2026, 4, 4), date(2026, 9, 5)),
    "Asia/Shanghai": (date(2026, 2, 14), date(2026, 10, 1)),
    "Asia/Kathmandu": (date(2026, 1, 1), date(2026, 7, 1)),
}
"""Zones and days on which their clocks change: at two, at midnight, by half an hour, or never."""


def works(hours: WorkingTime, at: datetime) -> bool:
    """The oracle: what does the clock on the wall show, and does somebody work then?"""
    wall = at.astimezone(hours.zone)
    minute = wall.hour * 60 + wall.minute
    spans = hours.days[wall.date()] if wall.date() in hours.days else hours.week.get(wall.isoweekday(), ())
    return any(first <= minute < last for first, last in spans)


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = sorted(draw(st.lists(st.integers(0, 96), max_size=6, unique=True)))
    marks = [edge * 15 for edge in edges]
    return tuple(zip(marks[::2], marks[1::2], strict=False))


@st.composite
def cases(draw: st.DrawFn) -> tuple[WorkingTime, datetime, datetime]:
    name = draw(st.sampled_from(sorted(CHANGES)))
    zone, change = ZoneInfo(name), draw(st.sampled_from(CHANGES[name]))
    week = {weekday: draw(spans()) for weekday in range(1, 8)}
    days = draw(st.dictionaries(st.integers(-2, 2).map(lambda n: change + timedelta(days=n)), spans(), max_size=2))
    midnight = datetime(change.year, change.month, change.day, tzinfo=UTC)
    start = midnight + draw(st.integers(-2 * 1440, 1440)) * MINUTE
    return WorkingTime(zone, week, days), start, start + draw(st.integers(0, 2 * 1440)) * MINUTE


@settings(max_examples=120, deadline=None)
@given(cases())
def test_it_is_what_a_look_at_the_wall_every_minute_finds(case):
    hours, start, end = case
    minutes = [start + number * MINUTE for number in range(int((end - start) / MINUTE))]
    worked = [at for at in minutes if works(hours, at)]
    assert hours.between(start, end) == len(worked) * MINUTE
    assert hours.between(end, start) == timedelta()
    if worked:
        for place in {0, len(worked) // 2, len(worked) - 1}:
            assert hours.after(start, (place + 1) * MINUTE) == worked[place] + MINUTE


def test_a_holiday_is_passed_over_and_a_make_up_day_is_worked():
    """Spring Festival of 2026: off from the 15th to the 23rd; Saturday the 14th is worked, as a Monday."""
    off = {date(2026, 2, number): () for number in range(15, 24)}
    hours = WorkingTime(SHANGHAI, OFFICE, off | {date(2026, 2, 14): OFFICE[1]})
    friday = datetime(2026, 2, 13, 17, tzinfo=SHANGHAI)
    assert hours.after(friday, timedelta(hours=8)) == datetime(2026, 2, 14, 17, tzinfo=SHANGHAI)
    assert hours.after(friday, timedelta(hours=10)) == datetime(2026, 2, 24, 10, tzinfo=SHANGHAI)
    assert hours.between(friday, datetime(2026, 2, 24, 10, tzinfo=SHANGHAI)) == timedelta(hours=10)


def test_the_lunch_break_does_not_count_and_seconds_do():
    hours = WorkingTime(SHANGHAI, OFFICE)
    start = datetime(2026, 3, 2, 11, 59, 30, tzinfo=SHANGHAI)
    assert hours.after(start, timedelta(minutes=1)) == datetime(2026, 3, 2, 13, 0, 30, tzinfo=SHANGHAI)
    assert hours.after(start, timedelta()) == start


def test_an_hour_that_comes_twice_counts_twice():
    berlin = ZoneInfo("Europe/Berlin")
    night = WorkingTime(berlin, {7: ((120, 180),)})
    twice, never = datetime(2026, 10, 25, tzinfo=berlin), datetime(2026, 3, 29, tzinfo=berlin)
    assert night.between(twice, twice + timedelta(days=1)) == timedelta(hours=2)
    assert night.between(never, never + timedelta(days=1)) == timedelta()


def test_a_calendar_in_which_nobody_works_has_no_answer():
    with pytest.raises(NoWorkingTime):
        WorkingTime(SHANGHAI, {}).after(datetime(2026, 1, 1, tzinfo=UTC), MINUTE)


@pytest.mark.parametrize(("clock", "minute"), [("00:00", 0), ("09:30", 570), ("24:00", 1440), ("24:01", None), ("9:30", None)])
def test_clocks(clock, minute):
    assert minute_of(clock) == minute
