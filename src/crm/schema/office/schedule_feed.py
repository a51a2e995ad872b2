"""What stands in the feed of somebody's calendar: their events, as they may see them now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from crm.access.conditions import Compare, Every, Operator
from crm.core.clock import now
from crm.core.paging import Page
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import hidden_fields, noun_named
from crm.graph.rows import Row
from crm.rules.office.icalendar import Entry
from crm.rules.office.reminder_flow import ReminderChannel, ReminderRecipients
from crm.schema.office.schedule_occurrence import MOST_EVENTS, exceptions_of, theirs
from crm.services.office.reminder_plans import MOST_RULES
from crm.services.office.timing import series_of

PAST = timedelta(days=92)
"""What was over before is not told any more."""
_RULES = Page(size=MOST_RULES, backwards=False, after=None, before=None)


async def entries_of(operation: Operation) -> list[Entry]:
    """The viewer's own events and those they attend and have not declined, each once.

    Four statements however many there are: owned, attended, exceptions, reminders. Where a role hides how an event repeats, those
    that do are left out: told as single ones they would be wrong.
    """
    entry = noun_named("ScheduleEvent")
    hidden = hidden_fields(entry, operation.rights)
    page = Page(size=MOST_EVENTS, backwards=False, after=None, before=None)
    recent = Compare("last_ends_at", Operator.GTE, now() - PAST)
    parts = theirs(operation, None, declined=False)
    pages = [reads.listed(operation, entry, Every((part, recent)), entry.order, page) for part in parts]
    events = {row.id: row for rows in await asyncio.gather(*pages) for row in rows}
    shown = [row for row in events.values() if row.record["rrule"] is None or "rrule" not in hidden]
    excepted = await asyncio.gather(*(exceptions_of(operation, row) for row in shown))
    alarms = await asyncio.gather(*(_alarms(operation, row, hidden) for row in shown))
    return [_entry(row, rows, minutes, hidden) for row, rows, minutes in zip(shown, excepted, alarms, strict=True)]


async def _alarms(operation: Operation, event: Row, hidden: frozenset[str]) -> list[int]:
    """Minutes before the start, of the reminders on a screen: the others come by themselves."""
    if "reminders" in hidden:
        return []
    entry, key = noun_named("ReminderRule"), UUID(str(event.id))
    found = await reads.children(operation, entry, "schedule_event_id", key, None, entry.order, _RULES)
    rules = [row.record for row in found[: _RULES.size]]
    wanted = (ReminderChannel.POPUP, ReminderRecipients.STAFF)
    return [rule["minutes_before"] for rule in rules if (rule["channel"], rule["recipients"]) == wanted]


def _entry(event: Row, excepted: Sequence[Row], alarms: Sequence[int], hidden: frozenset[str]) -> Entry:
    record = event.record
    return Entry(
        uid=str(event.id),
        series=series_of(record, [row.record for row in excepted]),
        all_day=record["all_day"],
        title=record["title"],
        description=None if "description" in hidden else record["description"],
        location=None if "location" in hidden else record["location"],
        created_at=record["created_at"],
        changed_at=record["updated_at"],
        version=record["version"],
        alarms=alarms,
    )
