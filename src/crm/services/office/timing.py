"""When an event happens: instants from outside made into wall time of a zone, and stored rows made into series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from crm.core.errors import Invalid
from crm.rules.office.recurrence import Occurrence, Series, last_end, next_after, normal_rule, zone_named

COLUMNS = ("local_start", "duration_seconds", "time_zone", "all_day", "rrule")
"""What the occurrences follow from, exceptions aside."""

GIVEN = frozenset({"starts_at", "ends_at", "time_zone", "all_day", "rrule"})
LONGEST = timedelta(days=366)
_DAY = timedelta(days=1)
_LONG_AGO = datetime(1800, 1, 1, tzinfo=UTC)


def decided(given: Mapping[str, Any], event: Any, viewer_zone: str) -> dict[str, Any]:
    """The `COLUMNS` of a new event, or of an old one where something about its time was given.

    What is not given stays as it is, and the instants are what is given: another zone alone moves nothing, but from then on the
    rule follows the clocks there.
    """
    if event is not None and not GIVEN & given.keys():
        return {}
    before = {name: getattr(event, name) for name in GIVEN} if event is not None else {}
    wanted: dict[str, Any] = {"time_zone": viewer_zone, "all_day": False, "rrule": None, **before, **given}
    zone = _zone(wanted["time_zone"])
    local, duration = local_times(wanted["starts_at"], wanted["ends_at"], zone, ("input",))
    if wanted["all_day"] and (local.time() != time() or duration % _DAY):
        raise Invalid("An all-day event begins and ends at midnight in its time zone.", ("input", "allDay"))
    return {
        "local_start": local.isoformat(),
        "duration_seconds": int(duration.total_seconds()),
        "time_zone": wanted["time_zone"],
        "all_day": wanted["all_day"],
        "rrule": _rule(wanted["rrule"], local, zone),
    }


def local_times(starts_at: datetime, ends_at: datetime, zone: ZoneInfo, path: tuple[str, ...]) -> tuple[datetime, timedelta]:
    """The naive local start and the length. Days from midnight to midnight count as days, not as the 23 or 25 hours of some."""
    starts, ends = starts_at.replace(microsecond=0), ends_at.replace(microsecond=0)
    if ends <= starts:
        raise Invalid("The end must be after the start.", (*path, "endsAt"))
    local, until = _wall(starts, zone), _wall(ends, zone)
    if local.fold:
        # Only the first of the two can be kept as wall time; to store that one would move the event by an hour.
        raise Invalid("The clocks go back then, and this hour comes twice; choose another start.", (*path, "startsAt"))
    local, until = local.replace(tzinfo=None), until.replace(tzinfo=None, fold=0)
    days = local.time() == time() == until.time()
    duration = until - local if days else ends - starts
    if duration > LONGEST:
        raise Invalid(f"An event lasts at most {LONGEST.days} days.", (*path, "endsAt"))
    return local, duration


def bounds(row: Mapping[str, Any], exceptions: Iterable[Mapping[str, Any]], at: datetime) -> dict[str, Any]:
    """What is kept beside the `COLUMNS` so that reading need not expand rules: first occurrence, last end, what comes next."""
    series, first = series_of(row, exceptions), occurrence_of(row["local_start"], row["duration_seconds"], row["time_zone"])
    following = next_after(series, at)
    return {
        "starts_at": first.starts_at,
        "ends_at": first.ends_at,
        "last_ends_at": last_end(series),
        "next_occurrence_at": None if following is None else following.starts_at,
    }


def series_of(row: Mapping[str, Any], exceptions: Iterable[Mapping[str, Any]] = ()) -> Series:
    """The series that an event's row describes, with the rows of its exceptions."""
    cancelled, moved = set(), {}
    for each in exceptions:
        original = datetime.fromisoformat(each["original_start"])
        if each["cancelled"]:
            cancelled.add(original)
        else:
            moved[original] = (datetime.fromisoformat(each["local_start"]), timedelta(seconds=each["duration_seconds"]))
    return Series(
        starts=datetime.fromisoformat(row["local_start"]),
        duration=timedelta(seconds=row["duration_seconds"]),
        time_zone=row["time_zone"],
        rule=row["rrule"],
        cancelled=frozenset(cancelled),
        moved=moved,
    )


def row_of(event: Any, **values: Any) -> dict[str, Any]:
    """The `COLUMNS` of an event at hand, with new values in place of some."""
    return {name: values.get(name, getattr(event, name)) for name in COLUMNS}


def occurrence_of(local_start: str, duration_seconds: int, time_zone: str) -> Occurrence:
    """One stored wall time with its length, as instants."""
    found = next_after(Series(datetime.fromisoformat(local_start), timedelta(seconds=duration_seconds), time_zone), _LONG_AGO)
    assert found is not None, "a series without a rule has one occurrence"
    return found


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except ValueError as error:
        raise Invalid(str(error), ("input", "timeZone")) from error


def _rule(text: str | None, local: datetime, zone: ZoneInfo) -> str | None:
    if text is None:
        return None
    try:
        return normal_rule(text, local, zone=zone)
    except ValueError as error:
        raise Invalid(str(error), ("input", "rrule")) from error


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks there show. Where a day begins at one o'clock because the clocks go forward, its beginning is midnight."""
    local = instant.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, fold=0)
    return midnight if midnight.astimezone(UTC) == instant else local
