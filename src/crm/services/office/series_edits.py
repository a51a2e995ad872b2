"""Editing one occurrence of a periodic event, or one and all that follow: the event is made into two.

The second is an event of its own, which begins as the first was: same owner, links, attendees with their answers, reminders,
shares and tags. Whoever may change the first may do this; it takes no right to create.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import ScheduleEvent
from crm.rules.office.recurrence import bounds_of, occurs
from crm.rules.office.recurrence_split import split_rule
from crm.services.deeds import Deed
from crm.services.office import attendees, exceptions, occurrences, timing
from crm.services.office.event_copies import copy_beside
from crm.services.office.occurrences import ENTITY
from crm.services.office.reminder_plans import plan, refuse_texts, replace_rules
from crm.services.office.schedule_events import decided, fields_of, told
from crm.services.records import FieldChange, check_frozen, check_version, claim, insert, record_change, revise

Given = Mapping[str, Any]

COPIED = ("title", "description", "location", "owner_id", "department_id", "activity_id", "contract_id", "party_id")


async def update_one(deed: Deed, record_id: str, version: int, original_starts_at: datetime, given: Given) -> UUID:
    """New values of one occurrence: it leaves the series, from where it is now, and is a single event from then on."""
    event, original = await _claimed(deed, record_id, version, original_starts_at, ["exceptions", *fields_of(given)])
    if given.get("rrule") is not None:
        raise Invalid("One occurrence does not repeat: change it and all that follow.", ("input", "rrule"))
    found = await exceptions.stored(deed, event.id)
    moved = next((each for each in found if each["original_start"] == original and not each["cancelled"]), None)
    now_at = {"local_start": original} if moved is None else {name: moved[name] for name in ("local_start", "duration_seconds")}
    # Before the twin is made: of an occurrence that is cancelled already there is none to be made.
    await occurrences.cancel(deed, record_id, original_starts_at)
    base = {**timing.row_of(event), **now_at, "rrule": None}
    return await _twin(deed, event, base, {name: value for name, value in given.items() if name != "rrule"}, "detach")


async def update_following(
    deed: Deed, record_id: str, version: int, original_starts_at: datetime, given: Mapping[str, Any]
) -> UUID:
    """New values of an occurrence and all that follow; those before stay as they are."""
    frozen = ["rrule", "exceptions", *fields_of(given)]
    event, original = await _claimed(deed, record_id, version, original_starts_at, frozen)
    excepted, times = await exceptions.stored(deed, event.id), timing.row_of(event)
    tail = await _cut(deed, event, original, "splitSeries")
    return await _twin(deed, event, {**times, "local_start": original, "rrule": tail}, given, "splitSeries", excepted)


async def cancel_following(deed: Deed, record_id: str, original_starts_at: datetime) -> UUID:
    """An occurrence and all that follow do not take place."""
    event, original = await _claimed(deed, record_id, None, original_starts_at, ["rrule", "exceptions"])
    await _cut(deed, event, original, "cancelFollowing")
    return UUID(str(event.id))


async def _claimed(
    deed: Deed, record_id: str, version: int | None, original_starts_at: datetime, written: Sequence[str]
) -> tuple[Any, str]:
    """The event under its lock, and the wall time that the rule gave the occurrence."""
    event = await claim(deed, ScheduleEvent, record_id, Action.UPDATE)
    check_version(event, version)
    check_frozen(deed, ENTITY, list(dict.fromkeys(written)), ())
    return event, occurrences.original_of(event, original_starts_at)


async def _cut(deed: Deed, event: Any, original: str, verb: str) -> str:
    """End a series before an occurrence; the rule that would go on from there."""
    series, at = timing.series_of(timing.row_of(event)), datetime.fromisoformat(original)
    if bounds_of(series)[0] == at:
        raise Invalid("This is the first occurrence: change or delete the event itself.", ("originalStartsAt",))
    head, tail = split_rule(event.rrule, series.starts, at)
    row = timing.row_of(event, rrule=head)
    kept, changes = await exceptions.prune(deed, event.id, event.time_zone, timing.series_of(row))
    changes = await revise(deed, event, {"rrule": head, **timing.bounds(row, kept, deed.at)}, changes)
    await record_change(deed, event, f"{ENTITY}.{verb}", told(changes))
    await plan(deed, event, anew=True)
    return tail


async def _twin(
    deed: Deed,
    event: Any,
    base: Mapping[str, Any],
    given: Mapping[str, Any],
    verb: str,
    excepted: Sequence[Mapping[str, Any]] = (),
) -> UUID:
    """An event like another one, with times of its own (`base`), and with what is given in place of what was."""
    values: dict[str, Any] = {**{name: getattr(event, name) for name in COPIED}, **base}
    values |= await decided(deed, given, _Like(event, base))
    series = timing.series_of(values)
    kept = [each for each in excepted if series.rule and occurs(series, datetime.fromisoformat(each["original_start"]))]
    made, changes = await insert(deed, ScheduleEvent, Kind.SCHEDULE_EVENT, values | timing.bounds(values, kept, deed.at))
    changes += await copy_beside(deed, event.id, made.id, {"attendees", "reminders"} - set(fields_of(given)))
    for each in kept:
        row = {name: each[name] for name in ("original_start", "cancelled", "local_start", "duration_seconds")}
        await deed.run(occurrences.WRITE, new_id(Kind.SCHEDULE_EXCEPTION), made.id, *row.values())
    if kept:
        changes.append(FieldChange("exceptions", None, [exceptions.told_of(each, values["time_zone"]) for each in kept]))
    changes += await attendees.replace(deed, made.id, given)
    changes += await replace_rules(deed, made.id, given)
    await refuse_texts(deed, made.id, given)
    await record_change(deed, made, f"{ENTITY}.{verb}", told(changes))
    await plan(deed, made, anew=True)
    return made.id


class _Like:
    """The old event as decisions about the new one see it: at the time of the occurrence at hand."""

    def __init__(self, event: Any, base: Mapping[str, Any]) -> None:
        self._event = event
        self.rrule, self.time_zone, self.all_day = base["rrule"], base["time_zone"], base["all_day"]
        found = timing.occurrence_of(base["local_start"], base["duration_seconds"], base["time_zone"])
        self.starts_at, self.ends_at = found.starts_at, found.ends_at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._event, name)
