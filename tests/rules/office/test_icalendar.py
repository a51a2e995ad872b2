"""Calendars as text: read back by another program and expanded by another library, they have our occurrences."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from tests.rules.office.test_recurrence import MORE, ZONES, local, moments, rules, taken

from crm.rules.office.icalendar import Entry, calendar
from crm.rules.office.recurrence import Series, between

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STAMP = datetime(2026, 1, 1, tzinfo=UTC)


def entry(series: Series, **values: Any) -> Entry:
    given: dict[str, Any] = {
        "uid": "u", "all_day": False, "title": "会", "description": None, "location": None, "created_at": STAMP,
        "changed_at": STAMP, "version": 1,
    }  # fmt: skip
    return Entry(series=series, **given | values)


def occurrences(text: str, until: datetime) -> list[tuple[datetime, datetime]]:
    """(start, end) in UTC of what another library makes of a calendar, until an instant.

    It knows the zones of the world and would use its own, so ours get names that it does not know.
    """
    parsed = Calendar.from_ical(re.sub(r"TZID([=:])", r"TZID\1Ours/", text))
    found: dict[Any, tuple[Any, Any]] = {}
    events = list(parsed.walk("VEVENT"))
    for event in sorted(events, key=lambda each: "RECURRENCE-ID" in each):
        starts, ends = event.decoded("DTSTART"), event.end
        if "RECURRENCE-ID" in event:
            found[event.decoded("RECURRENCE-ID")] = starts, ends
            continue
        naive = _naive(starts)
        walked = [naive]
        if "RRULE" in event:
            rule = event["RRULE"].to_ical().decode()
            if "UNTIL" in rule:
                # The library compares what is naive with what is naive: the last one, in local time.
                last = _naive(
                    event["RRULE"]["UNTIL"][0].astimezone(starts.tzinfo)
                    if isinstance(starts, datetime)
                    else event["RRULE"]["UNTIL"][0]
                )
                rule = ";".join(part for part in rule.split(";") if not part.startswith("UNTIL"))
                rule += f";UNTIL={last:%Y%m%dT%H%M%S}"
            walked = list(rrulestr(rule, dtstart=naive).between(naive - DAY, until.replace(tzinfo=None) + 2 * DAY, inc=True))
        gone = {_naive(each.dt) for exdate in _listed(event.get("EXDATE")) for each in exdate.dts}
        # Whole days are days of the calendar, everything else lasts as long as it lasts.
        nominal = "DURATION" in event or not isinstance(starts, datetime)
        for wall in walked:
            if wall not in gone:
                begin = wall.date() if not isinstance(starts, datetime) else wall.replace(tzinfo=starts.tzinfo)
                end = begin + (ends - starts) if nominal else _utc(begin) + (_utc(ends) - _utc(starts))
                found[begin] = begin, end
    shown = sorted((_utc(begin), _utc(end)) for begin, end in found.values())
    return [each for each in shown if each[0] < until]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value is not None else []


def _naive(value: Any) -> datetime:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time())


def _utc(value: Any) -> datetime:
    """In UTC. A wall time that clocks skip has the offset before (RFC 5545, 3.3.5); the library takes the one after."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    instant = value.astimezone(UTC)
    if instant.astimezone(value.tzinfo).replace(tzinfo=None) == value.replace(tzinfo=None):
        return instant
    return value.replace(tzinfo=UTC) - ((value - DAY).utcoffset() or timedelta())


def ours(series: Series, until: datetime) -> list[tuple[datetime, datetime]]:
    return [(each.starts_at, each.ends_at) for each in between(series, STAMP - 9000 * DAY, until, 5000)]


@pytest.mark.parametrize("zone", ZONES)
def test_over_every_change_of_the_clocks_in_five_years(zone):
    """A daily meeting at half past two, which clocks skip and show twice, with one cancelled and one moved."""
    until = datetime(2026, 1, 1, tzinfo=UTC)
    starts = local("2021-01-04 02:30")
    moved = {starts + 5 * DAY: (starts + 5 * DAY + 3 * HOUR, 2 * HOUR)}
    series = Series(starts, HOUR, zone, "FREQ=DAILY;UNTIL=20251231", frozenset({starts + 2 * DAY}), moved)
    assert occurrences(calendar("x", [entry(series)]), until) == ours(series, until)


@settings(max_examples=60 * MORE, deadline=None)
@given(rules(), moments, st.sampled_from(["Asia/Shanghai", "Asia/Kolkata", "Pacific/Kiritimati"]))
def test_whatever_the_rule(text, starts, zone):
    """Where dateutil is right (ADR 0020), in zones whose clocks do not change: those are tried above."""
    parts = dict(part.split("=") for part in text.split(";"))
    numbered = {item[:-2] != "" for item in parts.get("BYDAY", "MO").split(",")}
    assume(len(numbered) == 1 and not (parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts))
    series = Series(starts, HOUR, zone, taken(text, starts))
    until = starts.replace(tzinfo=UTC) + 800 * DAY
    assume(ours(series, until))
    assert occurrences(calendar("x", [entry(series)]), until) == ours(series, until)


def test_whole_days_are_dates():
    series = Series(local("2026-03-28 00:00"), DAY, "Europe/Berlin", "FREQ=DAILY;COUNT=3", frozenset({local("2026-03-29 00:00")}))
    text = calendar("x", [entry(series, all_day=True)])
    assert "DTSTART;VALUE=DATE:20260328\r\nDTEND;VALUE=DATE:20260329\r\n" in text
    assert "EXDATE;VALUE=DATE:20260329\r\n" in text
    assert "VTIMEZONE" not in text
    assert [begin.date() for begin, _ in occurrences(text, datetime(2027, 1, 1, tzinfo=UTC))] == [
        date(2026, 3, 28),
        date(2026, 3, 30),
    ]


def test_the_first_occurrence_is_the_start():
    """A start that does not fit its rule counts for the format and not for us."""
    series = Series(local("2026-07-01 09:00"), HOUR, "Asia/Shanghai", "FREQ=WEEKLY;BYDAY=MO;COUNT=2")
    text = calendar("x", [entry(series)])
    assert "DTSTART;TZID=Asia/Shanghai:20260706T090000\r\n" in text
    assert len(occurrences(text, datetime(2027, 1, 1, tzinfo=UTC))) == 2


def test_a_rule_without_end_says_where_ours_ends():
    series = Series(local("2026-07-01 09:00"), HOUR, "Asia/Shanghai", "FREQ=YEARLY")
    assert "RRULE:FREQ=YEARLY;UNTIL=20360701T010000Z;BYMONTH=7;BYMONTHDAY=1\r\n" in calendar("x", [entry(series)])


def test_texts_are_escaped_and_folded_and_come_back():
    title = "预算; 计划, 与\\评审" * 12
    description = "第一行\r\n第二行\rBEGIN:VEVENT\nEND:VCALENDAR\x00\x07"
    text = calendar(
        "我的,日历",
        [entry(Series(local("2026-07-01 09:00"), HOUR, "UTC"), title=title, description=description, alarms=(5, 30, 5))],
    )
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert text.endswith("END:VCALENDAR\r\n")
    parsed = Calendar.from_ical(text)
    [event] = parsed.walk("VEVENT")
    assert event["SUMMARY"] == title
    assert event["DESCRIPTION"] == "第一行\n第二行\nBEGIN:VEVENT\nEND:VCALENDAR"
    assert "X-WR-CALNAME:我的\\,日历\r\n" in text
    assert [alarm.decoded("TRIGGER") for alarm in event.walk("VALARM")] == [timedelta(minutes=-5), timedelta(minutes=-30)]


def test_the_same_is_the_same_to_the_byte():
    one = entry(Series(local("2026-07-01 09:00"), HOUR, "Europe/Berlin"), uid="a")
    other = entry(Series(local("2026-07-01 09:00"), HOUR, "Asia/Shanghai"), uid="b")
    assert calendar("x", [one, other]) == calendar("x", [other, one])
    assert calendar("x", [one]) != calendar("x", [other])
