"""Series of events (重复日程): which occurrences they have, at which instants.

A series keeps its local wall time: a meeting at 9:00 stays at 9:00 over daylight-saving changes. So a rule is expanded in
naive local time, and the time zone is attached last. As RFC 5545 (3.3.5) says, a wall time that a change skips is read
with the offset before it (2:30 becomes 3:30), and one that happens twice is the first of the two. The rule alone says
which occurrences there are: a start that does not fit it (a Wednesday, `BYDAY=MO`) is where counting begins, and no more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import islice, takewhile
from types import MappingProxyType
from zoneinfo import ZoneInfo

from crm.rules.office.recurrence_days import backwards, forwards
from crm.rules.office.recurrence_rule import Rule, read_rule

MAX_YEARS = 10
"""A rule runs at most so long; one without COUNT and UNTIL runs exactly so long, as if UNTIL were its tenth anniversary."""

MAX_COUNTED_YEARS = 100
"""A rule with COUNT may run longer (a birthday), but twenty times every fifty years is not walked to the end."""

_MARGIN = timedelta(days=2)
"""No zone shifts a wall time by more than a day (Samoa, 2011), nor makes a day longer by more."""

_LAST_YEAR = 9998
"""A year before the calendar ends, so that no zone's offset leads out of it."""

_ZONE_NAME = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*){0,2}")
"""Leaves out the files beside the zones (`posixrules`, `localtime`) and the copies of the whole tree in `posix/`, `right/`."""


@dataclass(frozen=True, slots=True)
class Series:
    """One event and its repetitions. All datetimes are naive local wall times of `time_zone`.

    `cancelled` holds original starts; `moved` maps original starts to the new start and duration. Exceptions to what does
    not belong to the rule have no effect, and cancelling wins over moving.

    `duration` is exact (RFC 5545, 3.8.5.3): two hours are two hours of elapsed time, also where the clocks change in
    between. Only whole days from midnight are days of the calendar, because an all-day event must not leak into the next
    day when its own has 23 hours.
    """

    starts: datetime
    duration: timedelta
    time_zone: str
    rule: str | None = None
    cancelled: frozenset[datetime] = frozenset()
    moved: Mapping[datetime, tuple[datetime, timedelta]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.starts.tzinfo is not None:
            raise ValueError("a series starts at a naive local time")
        if min([self.duration, *(duration for _, duration in self.moved.values())]) < timedelta():
            raise ValueError("an occurrence does not end before it starts")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence: the naive local start that the rule gave it, by which it is addressed, and its instants in UTC."""

    original: datetime
    starts_at: datetime
    ends_at: datetime
    moved: bool


def normal_rule(text: str, starts: datetime, *, zone: ZoneInfo | None = None) -> str:
    """The one spelling of an RRULE value that is stored: upper case, parts in one order, lists sorted, no defaults.

    `starts` is the naive local start. A rule without COUNT and UNTIL runs ten years from it. UNTIL is inclusive: a date is
    written out as the last second of that local day, a time without `Z` is local wall time, and a time with `Z` stays an
    instant, which is compared with the instant of each occurrence, so it stays right when the offset has changed by then.
    Without `zone` such an instant can be checked against `starts` only to within a day. Raises ValueError, with one line
    for the user, for what is not taken and for a rule that never occurs.
    """
    rule = read_rule(text)
    if rule.until:
        wall, slack = _until_wall(rule.until, zone)
        if wall + slack < starts or _is_after_until(rule, starts, zone):
            raise ValueError("UNTIL is before the start of the series.")
        if (wall - slack).date() > _years_after(starts, MAX_YEARS).date():
            raise ValueError(f"UNTIL is more than {MAX_YEARS} years after the start of the series.")
    if next(_originals(rule, starts, zone, starts), None) is None:
        raise ValueError("The recurrence rule never occurs.")
    return str(rule)


@cache
def zone_named(name: str) -> ZoneInfo:
    """The IANA time zone (时区) of that name. Raises ValueError where there is none."""
    if _ZONE_NAME.fullmatch(name):
        # A folder of zones (Asia) is an OSError, an unknown name a LookupError.
        with suppress(OSError, LookupError, ValueError):
            return ZoneInfo(name)
    raise ValueError(f"There is no time zone {name[:40]!r}.")


def between(series: Series, start: datetime, end: datetime, limit: int = 1000) -> list[Occurrence]:
    """The first `limit` occurrences that overlap the time from `start` to before `end`, by their start.

    One that ends at `start` does not overlap; one without length does where it lies at `start` or later. Moved ones count
    where they are now.
    """
    moved = (occurrence for occurrence in _moved(series) if _overlaps(occurrence, start, end))
    found = [occurrence for occurrence in moved if occurs(series, occurrence.original)]
    regular = takewhile(lambda occurrence: occurrence.starts_at < end, _regular(series, start - series.duration))
    found.extend(islice((occurrence for occurrence in regular if _overlaps(occurrence, start, end)), limit))
    return sorted(found, key=_by_start)[:limit]


def next_after(series: Series, instant: datetime) -> Occurrence | None:
    """The first occurrence that starts later than the instant, exceptions considered."""
    moved = sorted((occurrence for occurrence in _moved(series) if occurrence.starts_at > instant), key=_by_start)
    candidates = (
        next((occurrence for occurrence in moved if occurs(series, occurrence.original)), None),
        next((occurrence for occurrence in _regular(series, instant) if occurrence.starts_at > instant), None),
    )
    return min((candidate for candidate in candidates if candidate), key=_by_start, default=None)


def last_until(series: Series, instant: datetime) -> Occurrence | None:
    """The last occurrence that starts at the instant or before, exceptions considered. As cheap as the next one."""
    moved = sorted((occurrence for occurrence in _moved(series) if occurrence.starts_at <= instant), key=_by_start, reverse=True)
    local = instant.astimezone(zone_named(series.time_zone)).replace(tzinfo=None) + _MARGIN
    regular = (_occurrence(series, original) for original in _backwards(series, local) if not _excepted(series, original))
    candidates = (
        next((occurrence for occurrence in moved if occurs(series, occurrence.original)), None),
        next((occurrence for occurrence in regular if occurrence.starts_at <= instant), None),
    )
    return max((candidate for candidate in candidates if candidate), key=_by_start, default=None)


def bounds_of(series: Series) -> tuple[datetime, datetime]:
    """The first and the last naive local start that the rule gives, exceptions not considered."""
    if series.rule is None:
        return series.starts, series.starts
    first = next(_originals(read_rule(series.rule), series.starts, zone_named(series.time_zone), series.starts))
    return first, next(_backwards(series))


def instant_of(local: datetime, time_zone: str) -> datetime:
    """The instant of a naive wall time: a skipped one by the offset before, of two equal ones the first."""
    return _instant(local, zone_named(time_zone))


def last_end(series: Series) -> datetime:
    """When the last occurrence is over, exceptions considered; of a series with none left, when its first would have been."""
    ends = [occurrence.ends_at for occurrence in _moved(series) if occurs(series, occurrence.original)]
    last = next((local for local in _backwards(series) if not _excepted(series, local)), None)
    if last is not None:
        ends.append(_occurrence(series, last).ends_at)
    return max(ends, default=_occurrence(series, series.starts).ends_at)


def occurs(series: Series, original: datetime) -> bool:
    """Whether a naive local start belongs to the rule, cancelled and moved ones included."""
    if series.rule is None:
        return original == series.starts
    return next(_originals(read_rule(series.rule), series.starts, zone_named(series.time_zone), original), None) == original


def _regular(series: Series, since: datetime) -> Iterator[Occurrence]:
    """The occurrences that are where the rule puts them, from some time before `since`, by their start."""
    zone = zone_named(series.time_zone)
    if series.rule is None:
        originals = iter((series.starts,))
    else:
        local = max(since.astimezone(zone).replace(tzinfo=None) - _MARGIN, series.starts)
        originals = _originals(read_rule(series.rule), series.starts, zone, local)
    for original in originals:
        if not _excepted(series, original):
            yield _occurrence(series, original)


def _moved(series: Series) -> Iterator[Occurrence]:
    """What was moved and not cancelled, in no order. Whether it still belongs to the rule is asked last: it may be a walk."""
    zone = zone_named(series.time_zone)
    for original, (starts, duration) in series.moved.items():
        if original not in series.cancelled:
            starts_at, ends_at = _instants(starts, duration, zone)
            yield Occurrence(original, starts_at, ends_at, moved=True)


def _originals(rule: Rule, starts: datetime, zone: ZoneInfo | None, since: datetime) -> Iterator[datetime]:
    """The naive local starts of a rule from `since` on."""
    for local in forwards(rule, starts, max(since, starts), _last_start(rule, starts, zone)):
        if _is_after_until(rule, local, zone):
            return
        yield local


def _backwards(series: Series, last: datetime | None = None) -> Iterator[datetime]:
    """The naive local starts of a series up to `last`, the latest first."""
    if series.rule is None:
        yield series.starts
        return
    rule, zone = read_rule(series.rule), zone_named(series.time_zone)
    end = _last_start(rule, series.starts, zone)
    for local in backwards(rule, series.starts, end if last is None else min(end, last)):
        if not _is_after_until(rule, local, zone):
            yield local


def _last_start(rule: Rule, starts: datetime, zone: ZoneInfo | None) -> datetime:
    """The local time after which a rule has no start; for an UNTIL that is an instant, up to a day too late."""
    latest = _years_after(starts, MAX_COUNTED_YEARS if rule.count else MAX_YEARS)
    if rule.until is None:
        return latest
    wall, slack = _until_wall(rule.until, zone)
    return wall + slack


def _until_wall(until: datetime, zone: ZoneInfo | None) -> tuple[datetime, timedelta]:
    """An UNTIL as naive local wall time, and by how much that may be wrong: nothing where it was given as wall time."""
    if until.tzinfo is None:
        return until, timedelta()
    return until.astimezone(zone or UTC).replace(tzinfo=None), timedelta(days=1)


def _is_after_until(rule: Rule, local: datetime, zone: ZoneInfo | None) -> bool:
    if zone is None or rule.until is None or rule.until.tzinfo is None:
        return False
    return _instant(local, zone) > rule.until


def _excepted(series: Series, original: datetime) -> bool:
    return original in series.cancelled or original in series.moved


def _occurrence(series: Series, original: datetime) -> Occurrence:
    starts_at, ends_at = _instants(original, series.duration, zone_named(series.time_zone))
    return Occurrence(original, starts_at, ends_at, moved=False)


def _instants(local: datetime, duration: timedelta, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Start and end in UTC: whole days from midnight end at a midnight, everything else after the exact time."""
    starts_at = _instant(local, zone)
    if local.time() == time() and duration and not duration % timedelta(days=1):
        return starts_at, max(starts_at, _instant(local + duration, zone))
    return starts_at, starts_at + duration


def _instant(local: datetime, zone: ZoneInfo) -> datetime:
    # fold=0 is what RFC 5545 asks for: the offset before a gap, the first of two equal wall times.
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _overlaps(occurrence: Occurrence, start: datetime, end: datetime) -> bool:
    return occurrence.starts_at < end and (occurrence.ends_at > start or occurrence.starts_at >= start)


def _by_start(occurrence: Occurrence) -> tuple[datetime, datetime]:
    return occurrence.starts_at, occurrence.original


def _years_after(moment: datetime, years: int) -> datetime:
    """The same day some years later, the 28th for a 29 February where there is none."""
    year = min(moment.year + years, _LAST_YEAR)
    leapless = moment.month == 2 and moment.day == 29 and (year % 4 or (year % 100 == 0 and year % 400))
    return moment.replace(year=year, day=28) if leapless else moment.replace(year=year)
