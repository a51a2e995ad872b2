"""The days of a recurrence rule, period by period (a day, a week, a month, a year).

Any period is reached by arithmetic, so a window ten years after the start costs what one beside it costs. dateutil walks
from the start instead, asks UNTIL only of days it found (a rule without any runs to the year 9999), loses `BYDAY=MO,1TU`,
and lets BYSETPOS see only the rest of the first week.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime

from crm.rules.office.recurrence_rule import Frequency, Rule


def forwards(rule: Rule, starts: datetime, since: datetime, last: datetime) -> Iterator[datetime]:
    """The starts of a rule from `since` to `last`, both included, in order; all times are local and naive.

    COUNT counts from `starts`, so only a rule with it is walked from there.
    """
    rule = rule.explicit(starts)
    left = rule.count
    first = 0 if left else max(0, _period_of(rule, starts, since.date()))
    for index in range(first, _period_of(rule, starts, last.date()) + 1):
        for local in _starts_in(rule, starts, index):
            if local > last or left == 0:
                return
            left = left and left - 1
            if local >= since:
                yield local


def backwards(rule: Rule, starts: datetime, last: datetime) -> Iterator[datetime]:
    """The starts of a rule up to `last`, the latest first."""
    if rule.count:
        yield from reversed(list(forwards(rule, starts, starts, last)))
        return
    rule = rule.explicit(starts)
    for index in range(_period_of(rule, starts, last.date()), -1, -1):
        for local in reversed(_starts_in(rule, starts, index)):
            if local <= last:
                yield local


def _period_of(rule: Rule, starts: datetime, day: date) -> int:
    """The number of the last period that begins on the day or before; that of `starts` is 0."""
    if rule.frequency is Frequency.DAILY:
        return (day.toordinal() - starts.toordinal()) // rule.interval
    if rule.frequency is Frequency.WEEKLY:
        return (day.toordinal() - _first_week(rule, starts)) // (7 * rule.interval)
    if rule.frequency is Frequency.MONTHLY:
        return ((day.year - starts.year) * 12 + day.month - starts.month) // rule.interval
    return (day.year - starts.year) // rule.interval


def _starts_in(rule: Rule, starts: datetime, index: int) -> list[datetime]:
    """The starts in one period of an explicit rule, in order, none before `starts`.

    BYSETPOS counts in the whole period, also where that began before `starts`.
    """
    days = _daily(rule, starts, index) if rule.frequency is Frequency.DAILY else sorted(_days_in(rule, starts, index))
    if rule.positions:
        size = len(days)
        places = {position - 1 if position > 0 else size + position for position in rule.positions}
        days = [days[place] for place in sorted(places) if 0 <= place < size]
    time = starts.time().replace(fold=0)
    return [local for day in days if (local := datetime.combine(day, time)) >= starts]


def _daily(rule: Rule, starts: datetime, index: int) -> list[date]:
    """The one day of a daily period, where nothing excludes it. The weekday is asked first: it is the cheapest."""
    ordinal = starts.toordinal() + index * rule.interval
    if rule.week_days and (0, (ordinal - 1) % 7) not in rule.week_days:
        return []
    day = date.fromordinal(ordinal)
    return [day] if _month_fits(rule, day) and _month_day_fits(rule, day) else []


def _days_in(rule: Rule, starts: datetime, index: int) -> set[date]:
    """The days of a week, month or year before BYSETPOS chooses among them."""
    step = index * rule.interval
    if rule.frequency is Frequency.WEEKLY:
        first = _first_week(rule, starts) + 7 * step
        week = (date.fromordinal(first + (weekday - rule.week_start) % 7) for _, weekday in rule.week_days)
        return {day for day in week if _month_fits(rule, day)}
    if rule.frequency is Frequency.MONTHLY:
        years, month = divmod(starts.month - 1 + step, 12)
        first_day = date(starts.year + years, month + 1, 1)
        return _days_in_month(rule, first_day) if _month_fits(rule, first_day) else set()
    return _days_in_year(rule, starts.year + step)


def _days_in_year(rule: Rule, year: int) -> set[date]:
    """Weekdays are numbered in the year (`20MO`) where the rule names no month, else in each of its months."""
    if rule.week_days and not rule.months:
        return _weekdays_in(rule, date(year, 1, 1), date(year, 12, 31))
    return {day for month in rule.months or range(1, 13) for day in _days_in_month(rule, date(year, month, 1))}


def _days_in_month(rule: Rule, first: date) -> set[date]:
    """The days of a month by weekday, by number, or, where both are given, the days that are both (`FR` the 13th)."""
    length = monthrange(first.year, first.month)[1]
    if rule.week_days:
        return _weekdays_in(rule, first, first.replace(day=length))
    days = {day if day > 0 else length + 1 + day for day in rule.month_days}
    return {first.replace(day=day) for day in days if 1 <= day <= length}


def _weekdays_in(rule: Rule, first: date, last: date) -> set[date]:
    """The weekdays of BYDAY between two days, numbered from either end."""
    days: set[date] = set()
    for number, weekday in rule.week_days:
        nearest = first.toordinal() + (weekday - first.weekday()) % 7
        found = range(nearest, last.toordinal() + 1, 7)
        place = number - 1 if number > 0 else len(found) + number
        wanted = found if not number else found[place : place + 1] if place >= 0 else ()
        days.update(map(date.fromordinal, wanted))
    return {day for day in days if _month_day_fits(rule, day)}


def _first_week(rule: Rule, starts: datetime) -> int:
    """The ordinal of the first day of the week in which a series starts."""
    return starts.toordinal() - (starts.weekday() - rule.week_start) % 7


def _month_fits(rule: Rule, day: date) -> bool:
    return not rule.months or day.month in rule.months


def _month_day_fits(rule: Rule, day: date) -> bool:
    if not rule.month_days or day.day in rule.month_days:
        return True
    return day.day - monthrange(day.year, day.month)[1] - 1 in rule.month_days
