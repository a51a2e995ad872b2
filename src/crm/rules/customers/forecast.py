"""Weekly forecasts (销售预测): which week a snapshot is of, and from when on closed opportunities are in it."""

from __future__ import annotations

from datetime import date, timedelta


def week_of(day: date) -> date:
    """The Monday on which the week of this day began."""
    return day - timedelta(days=day.weekday())


def closed_since(week_on: date) -> date:
    """The first day of the month before that of the week: what was won or lost earlier does not change any more."""
    return (week_on.replace(day=1) - timedelta(days=1)).replace(day=1)
