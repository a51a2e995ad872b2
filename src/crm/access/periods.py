"""Days, weeks and months as people mean them: in their own time zone, weeks from Monday; as bounds in SQL.

The bounds follow from the clock and the viewer's zone when the statement runs, so no value is bound and the text never gets old.
"""

from __future__ import annotations

from enum import StrEnum


class Period(StrEnum):
    """时段. A stretch of the calendar that is named from where one stands."""

    YESTERDAY = "YESTERDAY"
    TODAY = "TODAY"
    TOMORROW = "TOMORROW"
    LAST_WEEK = "LAST_WEEK"
    THIS_WEEK = "THIS_WEEK"
    NEXT_WEEK = "NEXT_WEEK"
    LAST_MONTH = "LAST_MONTH"
    THIS_MONTH = "THIS_MONTH"
    NEXT_MONTH = "NEXT_MONTH"
    THIS_YEAR = "THIS_YEAR"


_STRETCHES = {
    Period.YESTERDAY: ("day", -1), Period.TODAY: ("day", 0), Period.TOMORROW: ("day", 1),
    Period.LAST_WEEK: ("week", -1), Period.THIS_WEEK: ("week", 0), Period.NEXT_WEEK: ("week", 1),
    Period.LAST_MONTH: ("month", -1), Period.THIS_MONTH: ("month", 0), Period.NEXT_MONTH: ("month", 1),
    Period.THIS_YEAR: ("year", 0),
}  # fmt: skip
"""(what the calendar is cut into, how many pieces from the present one)."""


def bounds(period: Period, zone: str, *, days: bool) -> tuple[str, str]:
    """When the period begins and when the next one does, in the zone that this placeholder holds: instants, or days."""
    unit, steps = _STRETCHES[period]
    ends = (_mark(unit, each, zone) for each in (steps, steps + 1))
    begins, next_begins = (f"({mark})::date" if days else f"(({mark}) AT TIME ZONE {zone}::text)" for mark in ends)
    return begins, next_begins


def _mark(unit: str, steps: int, zone: str) -> str:
    """Whole pieces are counted on the wall clock, so a day is a day also when the clock changes in it."""
    return f"date_trunc('{unit}', now() AT TIME ZONE {zone}::text) + interval '{steps} {unit}'"
