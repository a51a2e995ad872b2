"""What happens to the events of the calendar. What happens to single occurrences is in `occurrences.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.kinds import Kind
from crm.models import ScheduleEvent
from crm.services import custom_values
from crm.services.deeds import Deed
from crm.services.office import attendees, exceptions, timing
from crm.services.office.occurrences import DERIVED, ENTITY
from crm.services.office.reminder_plans import plan, refuse_texts, replace_rules, rest
from crm.services.owners import owned_by
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import columns

LISTS = (*attendees.LISTS, "reminders")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new event, single or periodic, with who attends it and when people are reminded."""
    refuse_blank(given, ["title", "starts_at", "ends_at"])
    check_frozen(deed, ENTITY, fields_of(given))
    values = await decided(deed, given, None)
    values = await owned_by(deed, ENTITY, values | timing.bounds(values, (), deed.at))
    event, changes = await insert(deed, ScheduleEvent, Kind.SCHEDULE_EVENT, values)
    changes += await attendees.replace(deed, event.id, given)
    changes += await replace_rules(deed, event.id, given)
    await refuse_texts(deed, event.id, given)
    changes += await custom_values.write(deed, event, given, new=True)
    await record_change(deed, event, f"{ENTITY}.create", told(changes))
    await plan(deed, event, anew=True)
    return event.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an event: of all its occurrences. Exceptions that the new rule has no occurrence for are dropped."""
    event = await claim(deed, ScheduleEvent, record_id, Action.UPDATE)
    check_version(event, version)
    check_frozen(deed, ENTITY, fields_of(given))
    values = await decided(deed, given, event)
    changes: list[FieldChange] = []
    if retimed := any(getattr(event, name) != values[name] for name in timing.COLUMNS if name in values):
        row = timing.row_of(event, **values)
        kept, changes = await exceptions.prune(deed, event.id, event.time_zone, timing.series_of(row))
        values |= timing.bounds(row, kept, deed.at)
    changes += await attendees.replace(deed, event.id, given)
    changes += await replace_rules(deed, event.id, given)
    await refuse_texts(deed, event.id, given)
    changes += await custom_values.write(deed, event, given)
    if changes := await revise(deed, event, values, changes):
        await record_change(deed, event, f"{ENTITY}.update", told(changes))
        await plan(deed, event, anew=retimed)
    return event.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an event to the recycle bin; nobody is reminded of it any more."""
    event = await claim(deed, ScheduleEvent, record_id, Action.DELETE)
    await trash(deed, event, f"{ENTITY}.delete")
    await rest(deed, event.id)
    return event.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an event out of the recycle bin; people are reminded of what is still to come."""
    event = await claim(deed, ScheduleEvent, record_id, Action.DELETE, deleted=True)
    await untrash(deed, event, f"{ENTITY}.restore")
    await plan(deed, event, anew=True)
    return event.id


async def decided(deed: Deed, given: Mapping[str, Any], event: Any) -> dict[str, Any]:
    """What was given as the columns of an event take it; `event` is what it is given for, None for a new one."""
    values, references = columns(ScheduleEvent, given, LISTS)
    times = timing.decided(values, event, deed.viewer.time_zone)
    plain = {name: value for name, value in values.items() if name not in timing.GIVEN}
    return {**plain, **times, **await resolved(deed, ScheduleEvent, references, current=event)}


def fields_of(given: Mapping[str, Any]) -> list[str]:
    """What is written, by the fields that show it."""
    return list(dict.fromkeys("attendees" if name in attendees.LISTS else name for name in given))


def told(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """Without what only follows from what clients see."""
    return [each for each in changes if each.field not in DERIVED]
