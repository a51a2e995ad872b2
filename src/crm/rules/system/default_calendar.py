"""The working hours that every organisation starts with: Monday to Friday, with a break at noon."""

from __future__ import annotations

NAME = "标准工作日历 Standard"
HOURS = tuple((weekday, begins, ends) for weekday in range(1, 6) for begins, ends in (("09:00", "12:00"), ("13:00", "18:00")))
"""Weekday (Monday is 1), from, to."""
