"""Quiet hours (免打扰时段): the hours of the day in which somebody is not to be reminded, by the clocks where they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm.rules.office.recurrence import zone_named

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one time of the day to before another; over midnight where the end is the earlier of the two."""

    begins: time
    ends: time

    def holds(self, at: time) -> bool:
        """Whether it is quiet at a time of the day."""
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@lru_cache(maxsize=1024)
def read_quiet_hours(begins: str, ends: str) -> QuietHours:
    """Quiet hours from two texts such as `22:00` and `07:30`. Raises ValueError, with one line for the user."""
    if not _TIME.fullmatch(begins) or not _TIME.fullmatch(ends):
        raise ValueError("A time of the day is written like 22:00.")
    if begins == ends:
        raise ValueError("Quiet hours end at another time than they begin.")
    return QuietHours(time.fromisoformat(begins), time.fromisoformat(ends))


def quiet_until(quiet: QuietHours, time_zone: str, at: datetime) -> datetime | None:
    """The instant at which it is quiet no more; None where it is not quiet at this instant."""
    zone = zone_named(time_zone)
    local = at.astimezone(zone)
    if not quiet.holds(local.time()):
        return None
    days = 1 if quiet.begins > quiet.ends and local.time() >= quiet.begins else 0
    return _first_after(at, local.date() + timedelta(days=days), quiet.ends, zone)


def _first_after(at: datetime, day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first instant after `at` at which a clock shows this.

    Where the clocks go back within quiet hours their end comes twice, and the first of them may be over: to wait for that one
    would be not to wait at all.
    """
    found = [datetime.combine(day, wall, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return next((instant for instant in found if instant > at), at + timedelta(minutes=1))
