"""What can be asked of and done with calendars of working time (工作日历) and their exceptions (节假日、调休)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.system.calendar_day import CalendarDayCreateInput, CalendarDayPayload, CalendarDayUpdateInput
from crm.schema.system.work_calendar import WorkCalendarCreateInput, WorkCalendarPayload, WorkCalendarUpdateInput
from crm.services.deeds import Deed
from crm.services.system import calendar_days, work_calendars


@strawberry.type
class WorkCalendarQuery:
    """Reading calendars: everybody may know when people work."""

    work_calendar = single("system.WorkCalendar", SIGNED_IN, "One calendar of working time (工作日历).")
    work_calendars = listing("system.WorkCalendar", SIGNED_IN, "The calendars of working time (工作日历).")
    calendar_day = single("system.CalendarDay", SIGNED_IN, "One holiday or make-up day (节假日、调休).")
    calendar_days = listing("system.CalendarDay", SIGNED_IN, "Holidays and make-up days (节假日、调休) of all calendars.")


@strawberry.type
class WorkCalendarMutation:
    """Writing calendars. What open service cases were promised by them is reckoned anew within seconds."""

    @command("work_calendar.create", WorkCalendarPayload, "A new calendar with its hours (新建工作日历).")
    async def work_calendar_create(deed: Deed, input: WorkCalendarCreateInput) -> UUID:
        """At least one weekday has hours."""
        return await work_calendars.create(deed, plain_input(input))

    @command("work_calendar.update", WorkCalendarPayload, "New values of a calendar (修改工作日历); `version` is the one read.")
    async def work_calendar_update(deed: Deed, id: strawberry.ID, version: int, input: WorkCalendarUpdateInput) -> UUID:
        """Hours that are given are all its hours."""
        return await work_calendars.update(deed, id, version, plain_input(input))

    @command("work_calendar.delete", WorkCalendarPayload, "Move a calendar to the recycle bin that nothing uses (删除工作日历).")
    async def work_calendar_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused while service cases are promised something by it."""
        return await work_calendars.delete(deed, id)

    @command("work_calendar.delete", WorkCalendarPayload, "Take a calendar out of the recycle bin (恢复工作日历).")
    async def work_calendar_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its name was given to another meanwhile."""
        return await work_calendars.restore(deed, id)

    @command("calendar_day.create", CalendarDayPayload, "A holiday, or a day that is worked instead (新建节假日或调休).")
    async def calendar_day_create(deed: Deed, input: CalendarDayCreateInput) -> UUID:
        """Each day is an exception once."""
        return await calendar_days.create(deed, plain_input(input))

    @command("calendar_day.update", CalendarDayPayload, "New values of an exception (修改节假日或调休); `version` is that read.")
    async def calendar_day_update(deed: Deed, id: strawberry.ID, version: int, input: CalendarDayUpdateInput) -> UUID:
        """It stays with its calendar."""
        return await calendar_days.update(deed, id, version, plain_input(input))

    @command("calendar_day.delete", CalendarDayPayload, "The day is as any other: into the recycle bin (删除节假日或调休).")
    async def calendar_day_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await calendar_days.delete(deed, id)

    @command("calendar_day.delete", CalendarDayPayload, "Take an exception out of the recycle bin (恢复节假日或调休).")
    async def calendar_day_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where the day is an exception again."""
        return await calendar_days.restore(deed, id)
