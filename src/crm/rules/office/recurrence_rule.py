"""The text of a recurrence rule (重复规则): what is taken of RFC 5545's RRULE, and its one normal spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as clock
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any

MAX_LENGTH = 500
MAX_INTERVAL = 999
MAX_COUNT = 1000

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NOT_TAKEN = ("BYHOUR", "BYMINUTE", "BYSECOND", "BYWEEKNO", "BYYEARDAY")
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)

_NUMBER = re.compile(r"[+-]?[0-9]{1,4}")
_WEEKDAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})(Z?))?")


class Frequency(StrEnum):
    """How often a series repeats (重复频率)."""

    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, read. Lists are sorted and hold nothing twice.

    `until` is naive (local wall time) or aware (an instant), `week_days` are pairs (number, weekday) with number 0 for
    every such day and Monday as 0, `positions` is BYSETPOS.
    """

    frequency: Frequency
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    week_days: tuple[tuple[int, int], ...] = ()
    positions: tuple[int, ...] = ()
    week_start: int = 0

    def explicit(self, starts: datetime) -> Rule:
        """The rule with the days that it leaves to its start written out."""
        if self.month_days or self.week_days or self.frequency is Frequency.DAILY:
            return self
        if self.frequency is Frequency.WEEKLY:
            return replace(self, week_days=((0, starts.weekday()),))
        months = (starts.month,) if self.frequency is Frequency.YEARLY and not self.months else self.months
        return replace(self, months=months, month_days=(starts.day,))

    def __str__(self) -> str:
        parts = {
            "FREQ": self.frequency.value,
            "INTERVAL": str(self.interval) if self.interval > 1 else "",
            "COUNT": str(self.count or ""),
            "UNTIL": _until_text(self.until) if self.until else "",
            "BYMONTH": ",".join(map(str, self.months)),
            "BYMONTHDAY": ",".join(map(str, self.month_days)),
            "BYDAY": ",".join(f"{number or ''}{WEEKDAYS[weekday]}" for number, weekday in self.week_days),
            "BYSETPOS": ",".join(map(str, self.positions)),
            "WKST": WEEKDAYS[self.week_start] if self.week_start else "",
        }
        return ";".join(f"{name}={value}" for name, value in parts.items() if value)


@lru_cache(maxsize=4096)
def read_rule(text: str) -> Rule:
    """The rule in an RRULE value, with or without `RRULE:` in front.

    Raises ValueError, with a line for the user, for what is no rule and for what is not taken. Whether the rule fits its
    start is another question: see `normal_rule`.
    """
    given = _parts(text)
    if "FREQ" not in given:
        raise ValueError("A recurrence rule needs FREQ.")
    if given.keys() >= {"COUNT", "UNTIL"}:
        raise ValueError("A recurrence rule has COUNT or UNTIL, not both.")
    values: dict[str, Any] = {}
    for name, value in given.items():
        field, read = _PARTS[name]
        values[field] = read(name, value)
    rule = Rule(**values)
    _refuse_combinations(rule)
    return rule


def _parts(text: str) -> dict[str, str]:
    """The parts by name, upper case."""
    if len(text) > MAX_LENGTH:
        raise ValueError(f"A recurrence rule has at most {MAX_LENGTH} characters.")
    if not text.isascii() or not text.isprintable():
        raise ValueError("A recurrence rule is one line of ASCII text.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name in _NOT_TAKEN:
            raise ValueError(f"{name} is not taken: a series has one time of day, and its days are named by month or weekday.")
        if name not in _PARTS:
            raise ValueError(f"Unknown part of a recurrence rule: {name[:20] or '(empty)'}.")
        if name in parts:
            raise ValueError(f"A recurrence rule has {name} only once.")
        parts[name] = value
    return parts


def _refuse_combinations(rule: Rule) -> None:
    """ValueError for parts that are right alone but not together."""
    by_month = rule.frequency in (Frequency.MONTHLY, Frequency.YEARLY)
    numbers = [abs(number) for number, _ in rule.week_days if number]
    if numbers and not by_month:
        raise ValueError("BYDAY has numbers, such as 2MO, only where FREQ is MONTHLY or YEARLY.")
    if numbers and max(numbers) > 5 and (rule.frequency is Frequency.MONTHLY or rule.months):
        raise ValueError("A month has at most five of one weekday: BYDAY numbers are 1 to 5 or -5 to -1.")
    if rule.month_days and rule.frequency is Frequency.WEEKLY:
        raise ValueError("BYMONTHDAY does not go with FREQ=WEEKLY.")
    if rule.positions and rule.frequency is Frequency.DAILY:
        raise ValueError("BYSETPOS does not go with FREQ=DAILY: a day is one day.")
    if rule.positions and not (rule.months or rule.month_days or rule.week_days):
        raise ValueError("BYSETPOS chooses among days: it needs BYDAY, BYMONTHDAY or BYMONTH.")
    longest = max(_LONGEST_MONTH[month - 1] for month in rule.months or range(1, 13))
    if rule.month_days and all(abs(day) > longest for day in rule.month_days):
        raise ValueError("The recurrence rule never occurs: no such month has such a day.")


def _frequency(_: str, value: str) -> Frequency:
    if value not in set(Frequency):
        raise ValueError(f"FREQ is one of {', '.join(Frequency)}.")
    return Frequency(value)


def _whole(least: int, most: int) -> Callable[[str, str], int]:
    """A reader of one number of a range."""

    def read(name: str, value: str) -> int:
        number = int(value) if _NUMBER.fullmatch(value) and value[0].isdecimal() else None
        if number is None or not least <= number <= most:
            raise ValueError(f"{name} is a number from {least} to {most}.")
        return number

    return read


def _numbers(most: int, *, negative: bool) -> Callable[[str, str], tuple[int, ...]]:
    """A reader of a list of numbers; a negative one counts from the end."""

    def read(name: str, value: str) -> tuple[int, ...]:
        numbers = {int(item) if _NUMBER.fullmatch(item) else 0 for item in value.split(",")}
        if not all(1 <= (abs(number) if negative else number) <= most for number in numbers):
            raise ValueError(f"{name} takes numbers from 1 to {most}{f' or -{most} to -1' if negative else ''}.")
        return tuple(sorted(numbers))

    return read


def _week_days(_: str, value: str) -> tuple[tuple[int, int], ...]:
    days = set()
    for item in value.split(","):
        found = _WEEKDAY.fullmatch(item)
        number = int(found[1] or 0) if found else 0
        if not found or abs(number) > 53 or (found[1] and not number):
            raise ValueError("BYDAY takes MO TU WE TH FR SA SU, with a number from 1 to 53 or -53 to -1 in front or without.")
        days.add((number, WEEKDAYS.index(found[2])))
    return tuple(sorted(days))


def _week_start(_: str, value: str) -> int:
    if value not in WEEKDAYS:
        raise ValueError(f"WKST is one of {', '.join(WEEKDAYS)}.")
    return WEEKDAYS.index(value)


def _until(_: str, value: str) -> datetime:
    """A date means the end of that local day, a `Z` an instant, all else local wall time."""
    found = _UNTIL.fullmatch(value)
    with suppress(ValueError):
        if found:
            year, month, day, *time = (int(digits) for digits in found.groups()[:6] if digits)
            until = datetime.combine(date(year, month, day), clock(*(time or (23, 59, 59))))
            return until.replace(tzinfo=UTC) if found[7] else until
    raise ValueError("UNTIL is a date or time such as 20301231, 20301231T090000 or 20301231T010000Z.")


def _until_text(until: datetime) -> str:
    # strftime("%Y") has no leading zeros everywhere.
    return f"{until.replace(tzinfo=None).isoformat(timespec='seconds').translate(_NO_SIGNS)}{'Z' if until.tzinfo else ''}"


_NO_SIGNS = str.maketrans("", "", "-:")

_PARTS: Mapping[str, tuple[str, Callable[[str, str], object]]] = MappingProxyType(
    {
        "FREQ": ("frequency", _frequency),
        "INTERVAL": ("interval", _whole(1, MAX_INTERVAL)),
        "COUNT": ("count", _whole(1, MAX_COUNT)),
        "UNTIL": ("until", _until),
        "BYMONTH": ("months", _numbers(12, negative=False)),
        "BYMONTHDAY": ("month_days", _numbers(31, negative=True)),
        "BYDAY": ("week_days", _week_days),
        "BYSETPOS": ("positions", _numbers(366, negative=True)),
        "WKST": ("week_start", _week_start),
    }
)
