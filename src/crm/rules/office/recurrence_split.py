"""One series made into two: what was agreed up to some occurrence, and what holds from it on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crm.rules.office.recurrence_days import forwards
from crm.rules.office.recurrence_rule import read_rule


def split_rule(text: str, starts: datetime, original: datetime) -> tuple[str, str]:
    """The rule of the occurrences before `original`, and the rule of a series that starts there; local naive times.

    `original` belongs to the rule, and is not the first. A COUNT is shared out between the two; all else of the second is as it
    was, so one that ends at an UNTIL still ends there. The first ends a second before: wall time, like what it is compared with.
    """
    rule = read_rule(text)
    if rule.count is None:
        return str(replace(rule, until=original - timedelta(seconds=1))), text
    before = sum(local < original for local in forwards(rule, starts, starts, original))
    return str(replace(rule, count=before)), str(replace(rule, count=rule.count - before))
