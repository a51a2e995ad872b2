"""What happens to the days on which a calendar is not as usual: holidays, and days that are worked instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.models import CalendarDay
from crm.rules.system.working_time import CalendarDayKind
from crm.services.deeds import Deed
from crm.services.records import (
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import columns

MONDAY = 1


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new exception; a day that is worked has the hours of Monday unless another weekday is given."""
    refuse_blank(given, ["work_calendar_id", "falls_on", "kind"])
    check_frozen(deed, "calendar_day", list(given))
    values = await _decided(deed, given, None)
    await _move(deed, values["work_calendar_id"])
    day, changes = await insert(deed, CalendarDay, Kind.CALENDAR_DAY, values)
    await record_change(deed, day, "calendar_day.create", changes)
    return day.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an exception; it stays with its calendar."""
    day: Any = await _claimed(deed, record_id, Action.UPDATE)
    check_version(day, version)
    check_frozen(deed, "calendar_day", list(given))
    if changes := await revise(deed, day, await _decided(deed, given, day)):
        await _move(deed, day.work_calendar_id)
        await record_change(deed, day, "calendar_day.update", changes)
    return UUID(str(day.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an exception to the recycle bin: the day is as any other."""
    day: Any = await _claimed(deed, record_id, Action.DELETE)
    await _move(deed, day.work_calendar_id)
    await trash(deed, day, "calendar_day.delete")
    return UUID(str(day.id))


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an exception out of the recycle bin."""
    day: Any = await _claimed(deed, record_id, Action.DELETE, deleted=True)
    await _move(deed, day.work_calendar_id)
    await untrash(deed, day, "calendar_day.restore")
    return UUID(str(day.id))


async def _claimed(deed: Deed, record_id: str, action: Action, *, deleted: bool = False) -> CalendarDay:
    return await claim(deed, CalendarDay, record_id, action, deleted=deleted)


async def _move(deed: Deed, calendar_id: UUID) -> None:
    """The calendar is not what it was; not an edit of its own, so the log tells it of the day alone."""
    await deed.run("UPDATE work_calendar SET version = version + 1 WHERE id = $1", calendar_id)


async def _decided(deed: Deed, given: Mapping[str, Any], day: Any) -> dict[str, Any]:
    values, references = columns(CalendarDay, given)
    values |= await resolved(deed, CalendarDay, references, current=day)
    if "kind" in values:
        values["kind"] = CalendarDayKind(values["kind"]).value
    refuse_outside(values.get("like_weekday"), 1, 7, "like_weekday")
    whole = values if day is None else {**vars(day), **values}
    if whole["kind"] == CalendarDayKind.HOLIDAY:
        if values.get("like_weekday") is not None:
            raise Invalid("Nobody works on a holiday.", ("input", "likeWeekday"))
        return {**values, "like_weekday": None}
    return {**values, "like_weekday": whole.get("like_weekday") or MONDAY}
