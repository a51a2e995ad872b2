"""Calendars of working time."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record
from crm.schema.system.working_hours import WorkingHoursInput


@noun(
    "work_calendar",
    entity="work_calendar",
    order="name",
    description="When people work (工作日历): the hours of each weekday, holidays, and days that are worked instead.",
)
class WorkCalendar(Record):
    """工作日历."""

    name: str = column("Its name (名称), unique without regard to letter case.", sort="name_key")
    time_zone: str = column("By whose clocks, such as Asia/Shanghai (时区).")
    hours = owned_list("system.WorkingHours", "work_calendar_id", "The hours of its weekdays (工作时段).")
    days = related_list("system.CalendarDay", "work_calendar_id", "Its holidays and make-up days (节假日与调休).")


WorkCalendarFilter = filter_of(WorkCalendar)
WorkCalendarOrder = order_of(WorkCalendar)
WorkCalendarPayload = payload_of(WorkCalendar)


@strawberry.input(description="What creation and update of a calendar have in common.")
class WorkCalendarValues:
    """Everything but name and hours."""

    time_zone: strawberry.Maybe[str] = strawberry.field(description="An IANA time zone; the organisation's, if absent (时区).")


@strawberry.input(description="The values of a calendar. Absent fields stay as they are.")
class WorkCalendarUpdateInput(WorkCalendarValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name (名称).")
    hours: strawberry.Maybe[list[WorkingHoursInput]] = strawberry.field(
        description="All its hours, 1 to 50; no two of a day meet (工作时段)."
    )


@strawberry.input(description="A new calendar.")
class WorkCalendarCreateInput(WorkCalendarValues):
    """Name and hours must be given."""

    name: str = strawberry.field(description="Its name (名称).")
    hours: list[WorkingHoursInput] = strawberry.field(description="All its hours, 1 to 50; no two of a day meet (工作时段).")
