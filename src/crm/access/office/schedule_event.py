"""The calendar: whose it is, everybody above them, and who attends. Reminders are one's own."""

from crm.access.branches import OWNED_ACTIONS, Myself, Named, Owned, Shared, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

schedule_event = visible(
    "schedule_event",
    Owned(),
    Shared(),
    Named("schedule_attendee", "schedule_event_id", "user_id"),
    kind=Kind.SCHEDULE_EVENT,
    gated=False,
    actions=OWNED_ACTIONS,
)
schedule_attendee = visible("schedule_attendee", Via("schedule_event_id", "schedule_event"), recycled=False)
schedule_exception = visible("schedule_exception", Via("schedule_event_id", "schedule_event"), recycled=False)
reminder_rule = visible("reminder_rule", Via("schedule_event_id", "schedule_event"), recycled=False)
reminder = visible("reminder", Myself("user_id"), kind=Kind.REMINDER, gated=False, recycled=False)

searched("schedule_event", Written("title", Place.NAME), Written("location", Place.ADDRESS), Written("description", Place.TEXT))
