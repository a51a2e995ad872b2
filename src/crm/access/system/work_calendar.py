"""Working hours and holidays are for everybody to read."""

from crm.access.branches import CRUD, SignedIn, Via, visible
from crm.core.kinds import Kind

work_calendar = visible("work_calendar", SignedIn(), kind=Kind.WORK_CALENDAR, gated=False, actions=CRUD)
working_hours = visible("working_hours", Via("work_calendar_id", "work_calendar"), recycled=False)
calendar_day = visible("calendar_day", SignedIn(), kind=Kind.CALENDAR_DAY, gated=False, actions=CRUD)
