"""Quiet hours (免打扰时段): when marketing keeps still, by the clocks of a zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def is_clock(text: str) -> bool:
    """Whether this is a time of day such as 21:00."""
    return _CLOCK.fullmatch(text) is not None


def allowed_at(at: datetime, zone: str, quiet_from: str | None, quiet_until: str | None) -> datetime:
    """The first instant from `at` on that lies outside the quiet hours; over midnight too; the same twice are none."""
    if quiet_from is None or quiet_until is None or quiet_from == quiet_until:
        return at
    begins, ends, here = time.fromisoformat(quiet_from), time.fromisoformat(quiet_until), ZoneInfo(zone)
    local = at.astimezone(here)
    clock = local.time()
    over_midnight = begins > ends
    quiet = clock >= begins or clock < ends if over_midnight else begins <= clock < ends
    if not quiet:
        return at
    day = local.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    # Wall time first, the zone last: eight o'clock is eight o'clock on the day the clocks change too.
    return datetime.combine(day, ends, here).astimezone(UTC)
