"""Time zones as a calendar's text tells them (VTIMEZONE): each change of the clocks in some years, taken from the zone itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from crm.rules.office.recurrence import zone_named

_STEP = timedelta(days=5)
"""No zone changes its clocks twice in so short a time."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Change:
    """From an instant on the clocks are that far from UTC; `local` is what they show then by the offset before.

    What goes forward is called summer time. Zones that say it otherwise (Ireland, Morocco: standard time is the later one) are
    not read right by every program.
    """

    local: datetime
    before: timedelta
    after: timedelta
    name: str


@lru_cache(maxsize=512)
def time_zone_lines(name: str, first_year: int, last_year: int) -> tuple[str, ...]:
    """The lines of one zone for all times of these years."""
    zone = zone_named(name)
    begin, end = datetime(first_year - 1, 1, 1, tzinfo=UTC), datetime(last_year + 2, 1, 1, tzinfo=UTC)
    lines = ["BEGIN:VTIMEZONE", f"TZID:{name}", *_observance(_at(zone, begin, _offset(zone, begin)))]
    for change in _changes(zone, begin, end):
        lines += _observance(change)
    return (*lines, "END:VTIMEZONE")


def _observance(change: _Change) -> Iterator[str]:
    kind = "DAYLIGHT" if change.after > change.before else "STANDARD"
    yield from (f"BEGIN:{kind}", f"DTSTART:{change.local.year:04d}{change.local:%m%dT%H%M%S}")
    yield from (f"TZOFFSETFROM:{_signed(change.before)}", f"TZOFFSETTO:{_signed(change.after)}")
    yield from (f"TZNAME:{change.name}", f"END:{kind}")


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[_Change]:
    """The changes between two instants, found by halving the days in which one lies."""
    while begin < end:
        later = begin + _STEP
        if _offset(zone, begin) != _offset(zone, later):
            low, high = begin, later
            while high - low > _MINUTE:
                middle = low + (high - low) // 2
                middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
                if middle <= low:
                    break
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, begin) else (low, middle)
            yield _at(zone, high, _offset(zone, begin))
        begin = later


def _at(zone: ZoneInfo, instant: datetime, before: timedelta) -> _Change:
    local = (instant + before).replace(tzinfo=None)
    return _Change(local, before, _offset(zone, instant), instant.astimezone(zone).tzname() or zone.key)


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    return instant.astimezone(zone).utcoffset() or timedelta()


def _signed(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    sign, rest = "-" if seconds < 0 else "+", abs(seconds)
    text = f"{sign}{rest // 3600:02d}{rest // 60 % 60:02d}"
    return text if not rest % 60 else f"{text}{rest % 60:02d}"
