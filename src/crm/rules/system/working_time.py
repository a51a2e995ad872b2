"""Working time (工作时间): how much of it lies between two instants, and when so much of it will have passed.

A calendar says by wall clock when people work: the hours of each weekday, and days that are an exception, holidays (节假日) and
make-up working days (调休). Work itself passes in real time. On the night when clocks change, an hour of the wall may come twice
or not at all, and it counts as often as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

Span = tuple[int, int]
"""From one minute of the day to another one, of 0 to 1440; the first belongs to it, the last does not."""

MINUTES_OF_DAY = 1440
LOOK_AHEAD_DAYS = 3660
"""So far ahead working time is looked for: ten years in which nobody works are a mistake in the calendar."""
_AROUND = timedelta(hours=36)
_SECOND = timedelta(seconds=1)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


class CalendarDayKind(StrEnum):
    """What is special about a day (特殊日期): nobody works (节假日), or people do although it is a day off (调休上班)."""

    HOLIDAY = "HOLIDAY"
    WORKDAY = "WORKDAY"


class NoWorkingTime(Exception):
    """The calendar has none for so long that the question has no answer."""


def minute_of(clock: str) -> int | None:
    """`09:30` as a minute of the day, `24:00` as the last one; None for anything else."""
    if not _CLOCK.fullmatch(clock):
        return None
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When people work: by weekday (Monday is 1), and on the days that are an exception."""

    zone: ZoneInfo
    week: Mapping[int, tuple[Span, ...]]
    days: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)

    def spans(self, day: date) -> tuple[Span, ...]:
        """The hours of one day."""
        return self.days.get(day, self.week.get(day.isoweekday(), ()))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two instants; none if the second is not the later one."""
        total, last = timedelta(), _local(end, self.zone).date()
        day = _local(start, self.zone).date()
        while day <= last:
            for begins, ends in self._windows(day):
                total += max(min(ends, end) - max(begins, start), timedelta())
            day += timedelta(days=1)
        return total

    def after(self, start: datetime, amount: timedelta) -> datetime:
        """The first instant at which this much working time has passed since `start`."""
        if amount <= timedelta():
            return start
        day = _local(start, self.zone).date()
        for _ in range(LOOK_AHEAD_DAYS):
            for begins, ends in self._windows(day):
                first = max(begins, start)
                if ends - first >= amount:
                    return first + amount
                amount -= max(ends - first, timedelta())
            day += timedelta(days=1)
        raise NoWorkingTime

    def _windows(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The hours of one day as instants, in order."""
        if not (spans := self.spans(day)):
            return
        midnight = datetime.combine(day, time(), UTC)
        for begins, ends, offset in _segments(day, self.zone):
            for first, last in spans:
                start = max(midnight + timedelta(minutes=first) - offset, begins)
                end = min(midnight + timedelta(minutes=last) - offset, ends)
                if start < end:
                    yield start, end


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone)


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _segments(day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime, timedelta]]:
    """The stretches of time around a day in which the clocks are set alike: from, to, and how. Nearly always one."""
    noon = datetime.combine(day, time(12), UTC)
    first, last = noon - _AROUND, noon + _AROUND
    before, after = _offset(first, zone), _offset(last, zone)
    if before == after:
        return [(first, last, before)]
    low, high = first, last
    while high - low > _SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return [(first, high, before), (high, last, after)]
