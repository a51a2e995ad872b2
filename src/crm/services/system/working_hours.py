"""A calendar as the rules reckon with it."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.rules.system.working_time import MINUTES_OF_DAY, Span, WorkingTime, minute_of
from crm.services.deeds import Deed

_HOURS = """
SELECT c.time_zone, h.weekday, h.begins, h.ends FROM work_calendar c
JOIN working_hours h ON h.work_calendar_id = c.id WHERE c.id = $1 ORDER BY h.weekday, h.begins
"""
_DAYS = "SELECT falls_on, like_weekday FROM calendar_day WHERE work_calendar_id = $1 AND deleted_at IS NULL"


async def working_time(deed: Deed, calendar_id: UUID) -> WorkingTime:
    """The hours of its weekdays and its exceptions."""
    week: dict[int, tuple[Span, ...]] = defaultdict(tuple)
    rows = await deed.rows(_HOURS, calendar_id)
    for row in rows:
        week[row["weekday"]] += ((minute_of(row["begins"]) or 0, minute_of(row["ends"]) or MINUTES_OF_DAY),)
    days: dict[date, tuple[Span, ...]] = {
        row["falls_on"]: week.get(row["like_weekday"], ()) for row in await deed.rows(_DAYS, calendar_id)
    }
    return WorkingTime(ZoneInfo(rows[0]["time_zone"]), dict(week), days)
