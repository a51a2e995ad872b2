"""What happens to calendars of working time: the hours of each weekday, and the days that are an exception.

A day is changed under the lock of its calendar, whose version counts on: whoever reckoned with the calendar sees that it moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from crm.access.grants import Action
from crm.core.clock import now
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import CalendarDay, WorkCalendar, WorkingHours
from crm.rules.system import default_calendar
from crm.rules.system.working_time import minute_of
from crm.services import value_rows
from crm.services.deeds import Database, Deed
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
from crm.services.system.organisation import ORGANISATION_ZONE
from crm.services.system.owned import referring
from crm.services.values import checked, columns

HOURS = ("weekday", "begins", "ends")
PARTS = (WorkingHours, CalendarDay)


async def ensure(database: Database) -> None:
    """The calendar that every organisation starts with, where there has never been one. Run after every migration."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261008)")
        if await WorkCalendar.all().using_db(tx).exists():
            return
        at, name = now(), default_calendar.NAME
        calendar = await WorkCalendar.create(
            using_db=tx, id=new_id(Kind.WORK_CALENDAR), name=name, name_key=name_key(name), time_zone=str(ORGANISATION_ZONE),
            created_at=at, updated_at=at,
        )  # fmt: skip
        made = [
            WorkingHours(id=new_id(Kind.WORKING_HOURS), work_calendar_id=calendar.id, position=place, **_row(hours))
            for place, hours in enumerate(default_calendar.HOURS)
        ]
        await WorkingHours.bulk_create(made, using_db=tx)


def _row(hours: tuple[int, str, str]) -> dict[str, Any]:
    return dict(zip(HOURS, hours, strict=True))


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new calendar with its hours."""
    refuse_blank(given, ["name"])
    check_frozen(deed, "work_calendar", list(given))
    values, hours = {"time_zone": str(ORGANISATION_ZONE), **_decided(given)}, _checked_hours(given["hours"])
    calendar, changes = await insert(deed, WorkCalendar, Kind.WORK_CALENDAR, values)
    changes += await _replace_hours(deed, calendar.id, hours)
    await record_change(deed, calendar, "work_calendar.create", changes)
    return calendar.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a calendar; hours that are given are all its hours."""
    calendar = await claim(deed, WorkCalendar, record_id, Action.UPDATE)
    check_version(calendar, version)
    check_frozen(deed, "work_calendar", list(given))
    values, changes = _decided(given), list[FieldChange]()
    if "hours" in given:
        changes = await _replace_hours(deed, calendar.id, _checked_hours(given["hours"]))
    if changes := await revise(deed, calendar, values, changes):
        await record_change(deed, calendar, "work_calendar.update", changes)
    return calendar.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a calendar to the recycle bin that nothing is reckoned by."""
    calendar = await claim(deed, WorkCalendar, record_id, Action.DELETE)
    for model, column in referring(WorkCalendar):
        live = f"SELECT 1 FROM {model._meta.db_table} WHERE {column} = $1 AND deleted_at IS NULL LIMIT 1"
        if model not in PARTS and await deed.rows(live, calendar.id):
            raise Invalid("Something is reckoned by this calendar.", ("id",))
    await trash(deed, calendar, "work_calendar.delete")
    return calendar.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a calendar out of the recycle bin."""
    calendar = await claim(deed, WorkCalendar, record_id, Action.DELETE, deleted=True)
    await untrash(deed, calendar, "work_calendar.restore")
    return calendar.id


def _decided(given: Mapping[str, Any]) -> dict[str, Any]:
    values, _ = columns(WorkCalendar, given, ("hours",))
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    if "time_zone" in values and values["time_zone"] not in available_timezones():
        raise Invalid("Not an IANA time zone, such as Asia/Shanghai.", ("input", "timeZone"))
    return values


def _checked_hours(given: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The hours by weekday and time; there are some, none ends before it begins, and no two meet."""
    if not given:
        raise Invalid("Somebody has to work at some time.", ("input", "hours"))
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(given):
        where = ("input", "hours", str(place))
        row = checked(WorkingHours, item, where)
        if not 1 <= row["weekday"] <= 7:
            raise Invalid("A weekday is 1 (Monday) to 7 (Sunday).", (*where, "weekday"))
        for name in ("begins", "ends"):
            if minute_of(row[name]) is None:
                raise Invalid("A time of day looks like 09:30; the last one is 24:00.", (*where, name))
        if row["begins"] >= row["ends"]:
            raise Invalid("It has to end after it begins.", (*where, "ends"))
        for other in rows:
            if other["weekday"] == row["weekday"] and other["begins"] < row["ends"] and row["begins"] < other["ends"]:
                raise Invalid("These hours meet others of the same day.", where)
        rows.append(row)
    return sorted(rows, key=lambda row: (row["weekday"], row["begins"]))


async def _replace_hours(deed: Deed, calendar_id: UUID, hours: list[dict[str, Any]]) -> list[FieldChange]:
    parent = ("work_calendar_id", calendar_id)
    return await value_rows.replace(deed, WorkingHours, Kind.WORKING_HOURS, parent, "hours", hours, HOURS)
