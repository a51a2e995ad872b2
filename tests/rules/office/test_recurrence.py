"""Series of events: which occurrences, at which instants."""

import os
import time
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crm.rules.office.recurrence import Occurrence, Series, between, last_end, next_after, normal_rule, occurs
from crm.rules.office.recurrence_days import backwards, forwards
from crm.rules.office.recurrence_rule import WEEKDAYS, read_rule

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MORE = 40 if os.environ.get("CRM_SOAK") else 1
"""So many times as many rules are tried."""
EVER = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def series(starts: str, rule: str | None = None, *, zone="Europe/Berlin", duration=HOUR, cancelled=(), moved=None) -> Series:
    wall = local(starts)
    return Series(wall, duration, zone, rule and normal_rule(rule, wall), frozenset(map(local, cancelled)), moved or {})


def starts_of(found: list[Occurrence]) -> list[str]:
    return [occurrence.starts_at.strftime("%m-%d %H:%M") for occurrence in found]


def test_a_single_event():
    meeting = series("2026-07-01 09:00", zone="Asia/Shanghai")
    only = Occurrence(local("2026-07-01 09:00"), at("2026-07-01 01:00"), at("2026-07-01 02:00"), moved=False)
    assert between(meeting, *EVER) == [only]
    assert next_after(meeting, at("2026-07-01 00:59")) == only
    assert next_after(meeting, at("2026-07-01 01:00")) is None
    assert last_end(meeting) == only.ends_at
    assert occurs(meeting, meeting.starts)
    assert not occurs(meeting, meeting.starts + DAY)


def test_nine_stays_nine_over_both_changes_of_the_clock():
    meeting = series("2026-03-28 09:00", "FREQ=DAILY;COUNT=3")
    assert starts_of(between(meeting, *EVER)) == ["03-28 08:00", "03-29 07:00", "03-30 07:00"]
    meeting = series("2026-10-24 09:00", "FREQ=DAILY;COUNT=3")
    assert starts_of(between(meeting, *EVER)) == ["10-24 07:00", "10-25 08:00", "10-26 08:00"]


def test_a_skipped_wall_time_is_read_with_the_offset_before():
    found = between(series("2026-03-28 02:30", "FREQ=DAILY;COUNT=3"), *EVER)
    assert starts_of(found) == ["03-28 01:30", "03-29 01:30", "03-30 00:30"]
    assert found[1].original == local("2026-03-29 02:30")


def test_a_wall_time_that_happens_twice_is_the_first():
    assert starts_of(between(series("2026-10-25 02:30"), *EVER)) == ["10-25 00:30"]


def test_hours_are_exact_and_whole_days_are_days():
    night = between(series("2026-03-28 22:00", duration=8 * HOUR), *EVER)[0]
    assert night.ends_at - night.starts_at == 8 * HOUR
    whole = between(series("2026-03-29 00:00", "FREQ=DAILY;COUNT=2", duration=DAY), *EVER)
    assert [found.ends_at - found.starts_at for found in whole] == [23 * HOUR, 24 * HOUR]
    assert whole[0].ends_at == whole[1].starts_at


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (("2026-07-02 07:00", "2026-07-02 08:00"), ["07-02 07:00"]),
        (("2026-07-02 07:59", "2026-07-02 08:00"), ["07-02 07:00"]),
        (("2026-07-02 08:00", "2026-07-03 07:00"), []),
        (("2026-07-02 08:00", "2026-07-03 07:01"), ["07-03 07:00"]),
        (("2026-07-02 07:30", "2026-07-02 07:30"), ["07-02 07:00"]),
        (("2026-07-03 00:00", "2026-07-02 00:00"), []),
        (("2020-01-01 00:00", "2026-07-01 07:00"), []),
    ],
)
def test_a_window_takes_what_overlaps_it(window, expected):
    assert starts_of(between(series("2026-07-01 09:00", "FREQ=DAILY"), *map(at, window))) == expected


def test_an_event_without_length_lies_at_its_instant():
    point = series("2026-07-01 09:00", duration=timedelta())
    assert starts_of(between(point, at("2026-07-01 07:00"), at("2026-07-01 07:01"))) == ["07-01 07:00"]
    assert between(point, at("2026-07-01 06:59"), at("2026-07-01 07:00")) == []


def test_a_long_event_reaches_into_the_window():
    fair = series("2026-07-01 09:00", "FREQ=MONTHLY", duration=10 * DAY)
    assert starts_of(between(fair, at("2026-08-11 06:00"), at("2026-08-12 00:00"))) == ["08-01 07:00"]


def test_cancelled_ones_are_gone_but_belong():
    meeting = series("2026-07-01 09:00", "FREQ=DAILY;COUNT=3", cancelled=["2026-07-01 09:00", "2026-07-03 09:00"])
    assert starts_of(between(meeting, *EVER)) == ["07-02 07:00"]
    assert next_after(meeting, at("2026-01-01")).original == local("2026-07-02 09:00")
    assert next_after(meeting, at("2026-07-02 07:00")) is None
    assert last_end(meeting) == at("2026-07-02 08:00")
    assert occurs(meeting, local("2026-07-03 09:00"))


def test_moved_ones_are_where_they_are_now():
    moved = {local("2026-07-02 09:00"): (local("2026-07-20 18:00"), 2 * HOUR)}
    meeting = series("2026-07-01 09:00", "FREQ=DAILY;COUNT=3", moved=moved)
    there = Occurrence(local("2026-07-02 09:00"), at("2026-07-20 16:00"), at("2026-07-20 18:00"), moved=True)
    assert starts_of(between(meeting, *EVER)) == ["07-01 07:00", "07-03 07:00", "07-20 16:00"]
    assert between(meeting, at("2026-07-02 00:00"), at("2026-07-03 00:00")) == []
    assert between(meeting, at("2026-07-20 00:00"), at("2026-07-21 00:00")) == [there]
    assert next_after(meeting, at("2026-07-03 07:00")) == there
    assert last_end(meeting) == there.ends_at
    assert occurs(meeting, there.original)
    assert not occurs(meeting, local("2026-07-20 18:00"))


def test_one_moved_before_the_start_comes_first():
    meeting = series("2026-07-01 09:00", "FREQ=DAILY", moved={local("2026-07-05 09:00"): (local("2026-06-01 09:00"), HOUR)})
    assert next_after(meeting, at("2026-01-01")).starts_at == at("2026-06-01 07:00")
    assert starts_of(between(meeting, *EVER, limit=2)) == ["06-01 07:00", "07-01 07:00"]


def test_exceptions_to_strangers_have_no_effect_and_cancelling_wins():
    nowhere, somewhere = local("2026-07-02 10:00"), local("2026-07-02 09:00")
    moved = {nowhere: (local("2026-08-01 09:00"), HOUR), somewhere: (local("2026-08-02 09:00"), HOUR)}
    meeting = series("2026-07-01 09:00", "FREQ=DAILY;COUNT=2", moved=moved, cancelled=["2026-07-02 09:00"])
    assert starts_of(between(meeting, *EVER)) == ["07-01 07:00"]
    assert next_after(meeting, at("2026-07-01 07:00")) is None
    assert last_end(meeting) == at("2026-07-01 08:00")


def test_a_series_with_everything_cancelled_has_nothing_left():
    meeting = series("2026-07-01 09:00", cancelled=["2026-07-01 09:00"])
    assert between(meeting, *EVER) == []
    assert next_after(meeting, EVER[0]) is None
    assert last_end(meeting) == at("2026-07-01 08:00")


def test_a_start_that_does_not_fit_the_rule_is_no_occurrence():
    meeting = series("2026-07-01 09:00", "FREQ=WEEKLY;BYDAY=MO;COUNT=2")
    assert starts_of(between(meeting, *EVER)) == ["07-06 07:00", "07-13 07:00"]
    assert not occurs(meeting, meeting.starts)


def test_a_rule_without_end_runs_to_its_tenth_anniversary():
    meeting = series("2026-07-01 09:00", "FREQ=YEARLY")
    assert [found.original.year for found in between(meeting, *EVER)] == list(range(2026, 2037))
    assert last_end(meeting) == at("2036-07-01 08:00")
    assert last_end(series("2024-02-29 09:00", "FREQ=DAILY")) == at("2034-02-28 09:00")


def test_a_counted_rule_may_run_longer_but_not_for_ever():
    assert len(between(series("2026-07-01 09:00", "FREQ=YEARLY;COUNT=30"), *EVER)) == 30
    endless = series("2026-07-01 09:00", "FREQ=YEARLY;INTERVAL=50;COUNT=1000")
    assert [found.original.year for found in between(endless, *EVER)] == [2026, 2076, 2126]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261025", "2026-10-25"),
        ("20261025T023000", "2026-10-25"),
        ("20261025T022959", "2026-10-24"),
        ("20261025T003000Z", "2026-10-25"),
        ("20261025T002959Z", "2026-10-24"),
        ("20261025T011500Z", "2026-10-25"),
        ("20261026T012959Z", "2026-10-25"),
        ("20261026T013000Z", "2026-10-26"),
    ],
)
def test_until_is_inclusive_as_wall_time_or_as_an_instant(until, last):
    """On 25 October 2:30 happens twice in Berlin, and the first of them, 0:30 UTC, is the occurrence."""
    meeting = series("2026-10-20 02:30", f"FREQ=DAILY;UNTIL={until}")
    assert between(meeting, *EVER)[-1].original == local(f"{last} 02:30")
    assert last_end(meeting) == between(meeting, *EVER)[-1].ends_at
    assert not occurs(meeting, local(f"{last} 02:30") + DAY)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,1TU;COUNT=6", "07-06 07-07 07-13 07-20 07-27 08-03"),
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=1;COUNT=2", "07-06 07-13"),
        ("FREQ=WEEKLY;BYDAY=MO,FR;BYSETPOS=-1;COUNT=2", "07-03 07-10"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3", "07-31 08-31 09-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=3", "07-31 08-31 10-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", "07-31 08-31 09-30"),
        ("FREQ=YEARLY;BYDAY=FR;BYMONTHDAY=13;COUNT=2", "11-13 08-13"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,WE;COUNT=4", "07-01 07-05 07-15 07-19"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,WE;WKST=SU;COUNT=4", "07-01 07-12 07-15 07-26"),
        ("FREQ=YEARLY;BYDAY=-1MO;COUNT=2", "12-28 12-27"),
    ],
)
def test_days_that_are_easily_mistaken(rule, days):
    """2026-07-01 is a Wednesday."""
    found = between(series("2026-07-01 09:00", rule), *EVER)
    assert [occurrence.original.strftime("%m-%d") for occurrence in found] == days.split()


def test_a_limit_keeps_the_first():
    assert starts_of(between(series("2026-07-01 09:00", "FREQ=DAILY"), *EVER, limit=2)) == ["07-01 07:00", "07-02 07:00"]


@pytest.mark.parametrize(
    "wrong", [{"starts": at("2026-07-01")}, {"duration": -HOUR}, {"moved": {local("2026-07-01"): (local("2026-07-02"), -HOUR)}}]
)
def test_a_series_that_makes_no_sense(wrong):
    with pytest.raises(ValueError, match="naive local time|does not end before it starts"):
        Series(**{"starts": local("2026-07-01"), "duration": HOUR, "time_zone": "UTC", "rule": None} | wrong)


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=MONTHLY", "FREQ=YEARLY;BYDAY=MO"])
def test_a_late_window_costs_what_an_early_one_does(rule):
    old = series("2016-07-01 09:00", rule)
    window = at("2026-05-01 00:00"), at("2026-06-01 00:00")
    between(old, *window)
    begun = time.process_time()
    for _ in range(20):
        between(old, *window)
        next_after(old, window[0])
    assert (time.process_time() - begun) / 20 < 0.005


ZONES = [
    "Asia/Shanghai",
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Asuncion",
    "America/Mexico_City",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Asia/Beirut",
    "Asia/Gaza",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Antarctica/Troll",
    "America/Nuuk",
    "Asia/Amman",
]


def changes(zone: ZoneInfo) -> Iterator[datetime]:
    """The instants, to the minute, at which the offset changed in five years."""
    first, last = at("2021-01-01"), at("2026-07-01")
    while first < last:
        if first.astimezone(zone).utcoffset() != (first + DAY).astimezone(zone).utcoffset():
            minutes = (first + timedelta(minutes=number) for number in range(1, 1441))
            old = first.astimezone(zone).utcoffset()
            yield next(minute for minute in minutes if minute.astimezone(zone).utcoffset() != old)
        first += DAY


def instant_by_trial(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which a clock in the zone shows the wall time; in a gap that by the offset before."""
    around = wall.replace(tzinfo=UTC)
    offsets = [(around + number * HOUR).astimezone(zone).utcoffset() for number in range(-27, 28)]
    shown = [around - offset for offset in offsets if (around - offset).astimezone(zone).replace(tzinfo=None) == wall]
    return min(shown, default=around - offsets[0])


@pytest.mark.parametrize("name", ZONES)
def test_every_change_of_the_clock_in_five_years(name):
    zone = ZoneInfo(name)
    for change in [*changes(zone), at("2024-03-10 07:00")]:
        wall = change.astimezone(zone).replace(tzinfo=None)
        for minutes in (-90, -60, -30, -1, 0, 1, 15, 30, 60, 90):
            starts = wall + timedelta(minutes=minutes) - 2 * DAY
            walked = [starts + number * DAY for number in range(5)]
            daily = Series(starts, HOUR, name, "FREQ=DAILY;COUNT=5")
            expected = [instant_by_trial(day, zone) for day in walked]
            found = between(daily, *EVER)
            assert [occurrence.original for occurrence in found] == walked
            assert [occurrence.starts_at for occurrence in found] == expected
            assert all(occurrence.ends_at - occurrence.starts_at == HOUR for occurrence in found)
            following = [next_after(daily, instant - timedelta(seconds=1)).starts_at for instant in expected]
            assert following == expected
            window = change - 6 * HOUR, change + 6 * HOUR
            assert between(daily, *window) == [one for one in found if one.starts_at < window[1] and one.ends_at > window[0]]


def matches(day: date, starts: date, parts: dict[str, str]) -> bool:
    """Whether a day is of the rule, BYSETPOS aside: asked of each day alone, without any expansion."""
    month_end = monthrange(day.year, day.month)[1]
    frequency, week_days = parts["FREQ"], parts.get("BYDAY", "").split(",") if "BYDAY" in parts else []
    month_days = [int(number) for number in parts.get("BYMONTHDAY", "").split(",") if number]
    months = [int(number) for number in parts.get("BYMONTH", "").split(",") if number]
    if not week_days and not month_days:
        week_days = [WEEKDAYS[starts.weekday()]] if frequency == "WEEKLY" else []
        month_days = [starts.day] if frequency in ("MONTHLY", "YEARLY") else []
        months = [starts.month] if frequency == "YEARLY" and not months else months
    in_year = frequency == "YEARLY" and not months
    place = (day.timetuple().tm_yday if in_year else day.day) - 1
    rest = (366 if monthrange(day.year, 2)[1] == 29 else 365) - 1 - place if in_year else month_end - day.day
    weekday = WEEKDAYS[day.weekday()]
    names = {weekday, f"{place // 7 + 1}{weekday}", f"-{rest // 7 + 1}{weekday}"}
    return (
        (not months or day.month in months)
        and (not month_days or bool({day.day, day.day - month_end - 1} & set(month_days)))
        and (not week_days or bool(names & set(week_days)))
    )


def walk(text: str, starts: datetime, last: datetime) -> list[datetime]:
    """The rule by brute force: every day from the beginning of the first year to the last, kept or not."""
    parts = dict(part.split("=") for part in text.split(";"))
    frequency, interval = parts["FREQ"], int(parts.get("INTERVAL", 1))
    monday = starts.date() - timedelta((starts.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7)

    def period(day: date) -> int:
        months = (day.year - starts.year) * 12 + day.month - starts.month
        weeks = (day - monday).days // 7
        return {"DAILY": (day - starts.date()).days, "WEEKLY": weeks, "MONTHLY": months, "YEARLY": day.year - starts.year}[
            frequency
        ]

    first = date(starts.year, 1, 1) - 7 * DAY
    days = [first + number * DAY for number in range((last.date() - first).days + 400)]
    kept = [day for day in days if period(day) >= 0 and period(day) % interval == 0 and matches(day, starts.date(), parts)]
    if "BYSETPOS" in parts:
        positions = [int(number) for number in parts["BYSETPOS"].split(",")]
        groups = [list(group) for _, group in groupby(kept, period)]
        kept = [
            day for group in groups for day in group if {group.index(day) + 1, group.index(day) - len(group)} & set(positions)
        ]
    found = [wall for day in kept if starts <= (wall := datetime.combine(day, starts.time())) <= last]
    return found[: int(parts["COUNT"])] if "COUNT" in parts else found


def some(numbers: range | list[int]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(numbers), min_size=1, max_size=4).map(lambda chosen: ",".join(map(str, chosen)))


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = {"FREQ": frequency, "INTERVAL": str(draw(st.integers(1, 5)))}
    months = draw(st.booleans())
    numbers = [""] if frequency in ("DAILY", "WEEKLY") else ["", "1", "2", "5", "-1", "-5"]
    numbers += ["53", "-20"] if frequency == "YEARLY" and not months else []
    days = st.tuples(st.sampled_from(numbers), st.sampled_from(WEEKDAYS)).map("".join)
    optional = {
        "BYMONTH": some(range(1, 13)) if months else None,
        "BYMONTHDAY": some([*range(-31, 0), *range(1, 32)]) if frequency != "WEEKLY" else None,
        "BYDAY": st.lists(days, min_size=1, max_size=4).map(",".join),
        "WKST": st.sampled_from(WEEKDAYS),
        "COUNT": st.integers(1, 30).map(str),
    }
    for name, values in optional.items():
        if values is not None and (draw(st.booleans()) or name == "BYMONTH"):
            parts[name] = draw(values)
    if frequency != "DAILY" and {"BYDAY", "BYMONTHDAY"} & parts.keys() and draw(st.booleans()):
        parts["BYSETPOS"] = draw(some([-3, -2, -1, 1, 2, 3]))
    return ";".join(f"{name}={value}" for name, value in parts.items())


moments = st.datetimes(local("2021-01-01"), local("2026-07-01")).map(lambda moment: moment.replace(second=0, microsecond=0))


def taken(text: str, starts: datetime) -> str:
    try:
        return normal_rule(text, starts)
    except ValueError as refusal:
        assume("never occurs" not in str(refusal))
        raise


@settings(max_examples=250 * MORE, deadline=None)
@given(rules(), moments, st.integers(0, 1000))
def test_a_rule_expands_as_a_walk_over_every_day_says(text, starts, days):
    rule, last = read_rule(taken(text, starts)), starts + 1200 * DAY
    expected = walk(text, starts, last)
    assert list(forwards(rule, starts, starts, last)) == expected
    assert list(backwards(rule, starts, last)) == expected[::-1]
    since = starts + days * DAY
    assert list(forwards(rule, starts, since, last)) == [wall for wall in expected if wall >= since]


@settings(max_examples=150 * MORE, deadline=None)
@given(rules(), moments)
def test_a_rule_expands_as_dateutil_says_where_that_is_right(text, starts):
    parts = dict(part.split("=") for part in text.split(";"))
    numbered = {item[:-2] != "" for item in parts.get("BYDAY", "MO").split(",")}
    assume(len(numbered) == 1 and not (parts["FREQ"] == "WEEKLY" and "BYSETPOS" in parts))
    found = list(islice(forwards(read_rule(taken(text, starts)), starts, starts, starts + 3650 * DAY), 10))
    theirs = list(islice(rrulestr(text, dtstart=starts), len(found)))
    assert found == theirs


@settings(max_examples=80 * MORE, deadline=None)
@given(rules(), moments, st.sampled_from(ZONES), st.data())
def test_windows_exceptions_and_the_next_one_agree_with_the_whole(text, starts, name, data):
    zone, last = ZoneInfo(name), starts + 900 * DAY
    rule = f"{text.split(';COUNT')[0]};UNTIL={last:%Y%m%dT%H%M%S}"
    originals = walk(text.split(";COUNT")[0], starts, last)
    assume(originals)
    cancelled = frozenset(data.draw(st.lists(st.sampled_from(originals), max_size=3)))
    moved = {wall: (data.draw(moments), 3 * HOUR) for wall in data.draw(st.lists(st.sampled_from(originals), max_size=3))}
    given_series = Series(starts, 26 * HOUR, name, taken(rule, starts), cancelled, moved)
    whole = []
    for wall in originals:
        now, duration = moved.get(wall, (wall, 26 * HOUR))
        if wall not in cancelled and not (now.hour == now.minute == 0):
            begin = instant_by_trial(now, zone)
            whole.append(Occurrence(wall, begin, begin + duration, wall in moved))
    assume(len(whole) == len(set(originals) - cancelled))
    whole.sort(key=lambda occurrence: (occurrence.starts_at, occurrence.original))
    begin = data.draw(moments).replace(tzinfo=UTC)
    end = begin + data.draw(st.integers(1, 90)) * DAY
    assert between(given_series, begin, end) == [one for one in whole if one.starts_at < end and one.ends_at > begin]
    assert next_after(given_series, begin) == next((one for one in whole if one.starts_at > begin), None)
    if whole:
        assert last_end(given_series) == max(one.ends_at for one in whole)
    assert all(occurs(given_series, wall) for wall in originals)
