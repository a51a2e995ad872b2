"""Single occurrences of a repeating event: cancelled, or moved to another time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import ScheduleEvent
from crm.rules.office.recurrence import between, zone_named
from crm.services.deeds import Deed
from crm.services.office import exceptions
from crm.services.office.reminder_plans import plan
from crm.services.office.timing import bounds, local_times, row_of, series_of
from crm.services.records import FieldChange, check_frozen, claim, record_change, revise

ENTITY = "schedule_event"
DERIVED = frozenset({"localStart", "durationSeconds", "lastEndsAt", "nextOccurrenceAt"})
"""Columns that follow from what clients see, and are no words of theirs."""

WRITE = """
INSERT INTO schedule_exception (id, schedule_event_id, original_start, cancelled, local_start, duration_seconds)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (schedule_event_id, original_start) DO UPDATE
SET cancelled = excluded.cancelled, local_start = excluded.local_start, duration_seconds = excluded.duration_seconds
"""


async def cancel(deed: Deed, record_id: str, original_starts_at: datetime) -> UUID:
    """One occurrence does not take place."""
    event = await _claimed(deed, record_id)
    original = original_of(event, original_starts_at)
    before = await _exception(deed, event, original)
    if before is not None and before["cancelled"]:
        raise Invalid("This occurrence is cancelled already.", ("originalStartsAt",))
    after = {"original_start": original, "cancelled": True, "local_start": None, "duration_seconds": None}
    return await _put(deed, event, "cancelOccurrence", before, after)


async def move(deed: Deed, record_id: str, original_starts_at: datetime, starts_at: datetime, ends_at: datetime) -> UUID:
    """One occurrence takes place at another time. Back where the rule has it, it is an exception no more."""
    event = await _claimed(deed, record_id)
    original = original_of(event, original_starts_at)
    local, duration = local_times(starts_at, ends_at, zone_named(event.time_zone), ())
    seconds = int(duration.total_seconds())
    before = await _exception(deed, event, original)
    after = {"original_start": original, "cancelled": False, "local_start": local.isoformat(), "duration_seconds": seconds}
    regular = (original, event.duration_seconds) == (local.isoformat(), seconds)
    return await _put(deed, event, "moveOccurrence", before, None if regular else after)


async def _claimed(deed: Deed, record_id: str) -> Any:
    event = await claim(deed, ScheduleEvent, record_id, Action.UPDATE)
    check_frozen(deed, ENTITY, ["exceptions"], ())
    return event


def original_of(event: Any, instant: datetime) -> str:
    """The wall time that the rule gave the occurrence which starts at this instant, moved and cancelled ones included."""
    if event.rrule is None:
        raise Invalid("This event does not repeat: change or delete the event itself.", ("originalStartsAt",))
    for occurrence in between(series_of(row_of(event)), instant, instant + timedelta(seconds=1)):
        if occurrence.starts_at == instant:
            return occurrence.original.isoformat()
    raise Invalid("The event has no occurrence that starts then.", ("originalStartsAt",))


async def _exception(deed: Deed, event: Any, original: str) -> dict[str, Any] | None:
    found = await exceptions.stored(deed, event.id)
    before = next((each for each in found if each["original_start"] == original), None)
    if before is None and len(found) >= exceptions.MOST:
        raise Invalid(f"An event has at most {exceptions.MOST} exceptions.", ("originalStartsAt",))
    return before


async def _put(deed: Deed, event: Any, verb: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> UUID:
    """Write the exception (None: there is none any more), and what follows from it."""
    key = UUID(str(event.id))
    old, new = (None if each is None else exceptions.told_of(each, event.time_zone) for each in (before, after))
    if old == new:
        return key
    if after is None:
        assert before is not None, "old and new differ"
        await deed.run("DELETE FROM schedule_exception WHERE id = $1", before["id"])
    else:
        await deed.run(WRITE, new_id(Kind.SCHEDULE_EXCEPTION), key, *after.values())
    values = bounds(row_of(event), await exceptions.stored(deed, key), deed.at)
    changes = await revise(deed, event, values, [FieldChange("exceptions", old, new)])
    await record_change(deed, event, f"{ENTITY}.{verb}", [each for each in changes if each.field not in DERIVED])
    await plan(deed, event, anew=True)
    return key
