"""Bulk planning (批量计划): on which days many activities of one sort fall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

SATURDAY = 5


def instants(first: datetime, count: int, *, per_day: int | None, workdays_only: bool, zone: ZoneInfo) -> Iterator[datetime]:
    """When each of `count` is to happen: all at `first`, or so many a day at that time of day, as clocks in `zone` show it.

    Days go on without gaps, but for Saturdays and Sundays where only working days count.
    """
    local = first.astimezone(zone)
    day = _workday(local) if workdays_only else local
    for number in range(count):
        if per_day is not None and number and number % per_day == 0:
            day += timedelta(days=1)
            day = _workday(day) if workdays_only else day
        yield day.replace(fold=0).astimezone(first.tzinfo)


def _workday(day: datetime) -> datetime:
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return day
