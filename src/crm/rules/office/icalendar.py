"""Calendars as text (RFC 5545): what telephones and mail programs subscribe to.

Everything in it follows from what is given, to the byte, so that whoever asks again can be told that nothing changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from crm.rules.office.calendar_zones import time_zone_lines
from crm.rules.office.recurrence import Series, bounds_of, instant_of, zone_named
from crm.rules.office.recurrence_rule import read_rule

PRODUCT = "-//crm//calendar//ZH"
LONGEST_LINE = 75
"""Bytes, the line break not counted."""
_DAY = timedelta(days=1)
_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), 127])


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a calendar. `alarms` are minutes before the start."""

    uid: str
    series: Series
    all_day: bool
    title: str
    description: str | None
    location: str | None
    created_at: datetime
    changed_at: datetime
    version: int
    alarms: Sequence[int] = ()


def calendar(name: str, entries: Iterable[Entry]) -> str:
    """The whole calendar, its lines broken and folded as the format asks."""
    listed = sorted(entries, key=lambda entry: (entry.series.starts, entry.uid))
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODUCT}", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [f"X-WR-CALNAME:{_text(name)}", "REFRESH-INTERVAL;VALUE=DURATION:PT15M", "X-PUBLISHED-TTL:PT15M"]
    for zone, (first, last) in sorted(_zones(listed).items()):
        lines += time_zone_lines(zone, first.year, last.year)
    for entry in listed:
        lines += _event(entry)
        for original in sorted(entry.series.moved):
            if original not in entry.series.cancelled:
                lines += _moved(entry, original)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _fold(line))


def _zones(entries: Iterable[Entry]) -> dict[str, tuple[datetime, datetime]]:
    """The zones that times are told in, and from when to when."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for entry in entries:
        if not entry.all_day:
            moved = [starts for starts, _ in entry.series.moved.values()]
            times = [*bounds_of(entry.series), *moved, *(found.get(entry.series.time_zone) or ())]
            found[entry.series.time_zone] = min(times), max(times)
    return found


def _event(entry: Entry) -> Iterator[str]:
    """The event itself. It begins with its first occurrence, because the format counts every start as one."""
    series = entry.series
    first, last = bounds_of(series)
    yield from ("BEGIN:VEVENT", f"UID:{entry.uid}", *_stamps(entry), *_times(entry, first, series.duration))
    if series.rule is not None:
        yield f"RRULE:{_rule(entry, last)}"
        for original in sorted(series.cancelled):
            yield _moment("EXDATE", entry, original)
    yield from (*_words(entry), *_alarms(entry), "END:VEVENT")


def _moved(entry: Entry, original: datetime) -> Iterator[str]:
    """An occurrence at another time than the rule has it."""
    starts, duration = entry.series.moved[original]
    yield from ("BEGIN:VEVENT", f"UID:{entry.uid}", _moment("RECURRENCE-ID", entry, original), *_stamps(entry))
    yield from (*_times(entry, starts, duration), *_words(entry), *_alarms(entry), "END:VEVENT")


def _stamps(entry: Entry) -> Iterator[str]:
    """When it was made and changed; DTSTAMP is the same, or no two readings of a calendar were alike."""
    changed = _utc(entry.changed_at)
    yield from (f"DTSTAMP:{changed}", f"CREATED:{_utc(entry.created_at)}", f"LAST-MODIFIED:{changed}")
    yield f"SEQUENCE:{entry.version - 1}"


def _times(entry: Entry, starts: datetime, duration: timedelta) -> Iterator[str]:
    """Start and end. Days from midnight to midnight are days, with a DURATION; all else ends after an exact time (3.8.5.3)."""
    yield _moment("DTSTART", entry, starts)
    days = starts.time() == time() and duration and not duration % _DAY
    if entry.all_day and days:
        yield f"DTEND;VALUE=DATE:{starts + duration:%Y%m%d}"
    elif days:
        yield f"DURATION:P{duration.days}D"
    else:
        zone = zone_named(entry.series.time_zone)
        ends = (instant_of(starts, entry.series.time_zone) + duration).astimezone(zone)
        # A wall time that comes twice means the first of the two; the second can be told in UTC only.
        yield f"DTEND:{_utc(ends)}" if ends.fold else _moment("DTEND", entry, ends.replace(tzinfo=None))


def _moment(name: str, entry: Entry, local: datetime) -> str:
    if entry.all_day:
        return f"{name};VALUE=DATE:{local:%Y%m%d}"
    return f"{name};TZID={entry.series.time_zone}:{_wall(local)}"


def _rule(entry: Entry, last: datetime) -> str:
    """The rule as it is kept, with the days that it leaves to its start written out.

    Without COUNT it ends with its last occurrence: ours end by themselves after ten years, and an UNTIL has to be in UTC.
    """
    rule = read_rule(entry.series.rule or "").explicit(entry.series.starts)
    if rule.count is not None:
        return str(rule)
    if entry.all_day:
        return f"{replace(rule, until=None)};UNTIL={last:%Y%m%d}"
    return str(replace(rule, until=instant_of(last, entry.series.time_zone)))


def _words(entry: Entry) -> Iterator[str]:
    yield f"SUMMARY:{_text(entry.title)}"
    for name, value in (("DESCRIPTION", entry.description), ("LOCATION", entry.location)):
        if value:
            yield f"{name}:{_text(value)}"


def _alarms(entry: Entry) -> Iterator[str]:
    for minutes in sorted(set(entry.alarms)):
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:-PT{minutes}M", f"DESCRIPTION:{_text(entry.title)}", "END:VALARM")


def _utc(instant: datetime) -> str:
    return f"{_wall(instant.astimezone(UTC))}Z"


def _wall(local: datetime) -> str:
    # strftime("%Y") has no leading zeros everywhere.
    return f"{local.year:04d}{local:%m%dT%H%M%S}"


def _text(value: str) -> str:
    """Text as a value: line breaks and separators escaped, what no text holds left out."""
    return value.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS).translate(_ESCAPED)


def _fold(line: str) -> Iterator[str]:
    """Lines of at most 75 bytes, the further ones behind a space; no character is cut."""
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > LONGEST_LINE:
            yield part
            part, size = " ", 1
        part, size = part + character, size + width
    yield part
