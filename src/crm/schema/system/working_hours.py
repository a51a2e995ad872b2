"""The hours of calendars."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun


@noun(
    "working_hours",
    order="position",
    part_of="WorkCalendar",
    label="begins",
    description="From one time of day to another, on one weekday (工作时段).",
)
class WorkingHours:
    """工作时段."""

    position: int = column("Its place in the week.", sort=True)
    weekday: int = column("1 is Monday, 7 is Sunday (星期).")
    begins: str = column("Such as 09:00, by the clock of the calendar's time zone (开始).")
    ends: str = column("Such as 18:00; 24:00 is the end of the day (结束).")


@strawberry.input(description="From one time of day to another, on one weekday.")
class WorkingHoursInput:
    """工作时段."""

    weekday: int = strawberry.field(description="1 is Monday, 7 is Sunday (星期).")
    begins: str = strawberry.field(description="Such as 09:00 (开始).")
    ends: str = strawberry.field(description="Such as 18:00, later than it begins; 24:00 is the end of the day (结束).")
