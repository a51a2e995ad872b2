"""Days on which a calendar is not as usual."""

from __future__ import annotations

from datetime import date

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.enums import CalendarDayKind
from crm.schema.system.record import Record


@noun(
    "calendar_day",
    entity="calendar_day",
    label="falls_on",
    order="falls_on",
    description="A holiday, or a day that is worked although it would be none (节假日、调休).",
)
class CalendarDay(Record):
    """特殊日期."""

    falls_on: date = column("Which day (日期).", sort=True)
    kind: CalendarDayKind = column("Off or worked (类型).")
    name: str | None = column("What it is called, such as 春节 (名称).")
    like_weekday: int | None = column("Of a day that is worked: by the hours of which weekday, 1 is Monday (按星期几上班).")
    work_calendar = related("system.WorkCalendar", "work_calendar_id", "Of which calendar (工作日历).")


CalendarDayFilter = filter_of(CalendarDay)
CalendarDayOrder = order_of(CalendarDay)
CalendarDayPayload = payload_of(CalendarDay)


@strawberry.input(description="What creation and update of an exception have in common.")
class CalendarDayValues:
    """Everything but calendar, day and kind."""

    name: strawberry.Maybe[str | None] = strawberry.field(description="What it is called, such as 春节 (名称).")
    like_weekday: strawberry.Maybe[int | None] = strawberry.field(
        description="Only of a day that is worked: 1 (Monday) to 7; Monday's hours, if absent (按星期几上班)."
    )


@strawberry.input(description="The values of an exception. Absent fields stay as they are; null clears.")
class CalendarDayUpdateInput(CalendarDayValues):
    """Everything but the calendar."""

    falls_on: strawberry.Maybe[date] = strawberry.field(description="Which day; once in a calendar (日期).")
    kind: strawberry.Maybe[CalendarDayKind] = strawberry.field(description="Off or worked (类型).")


@strawberry.input(description="A new exception of a calendar.")
class CalendarDayCreateInput(CalendarDayValues):
    """Calendar, day and kind must be given."""

    work_calendar_id: strawberry.ID = strawberry.field(description="Of which calendar; never changes (工作日历).")
    falls_on: date = strawberry.field(description="Which day; once in a calendar (日期).")
    kind: CalendarDayKind = strawberry.field(description="Off or worked (类型).")
