"""When a customer was contacted last, and when the next contact is due (联系周期)."""

from __future__ import annotations

from datetime import datetime, timedelta


def next_contact_at(done_at: datetime, cycle_days: int | None) -> datetime | None:
    """The instant the next contact is due (下次联系时间), or None for a customer without a contact cycle.

    Raises ValueError for a cycle below one day: it would be overdue the moment it is set.
    """
    if cycle_days is None:
        return None
    if cycle_days < 1:
        raise ValueError("a contact cycle is at least one day")
    return done_at + timedelta(days=cycle_days)


def last_contact_at(current: datetime | None, done_at: datetime) -> datetime:
    """The later of the known last contact (最近联系时间) and this one: yesterday's visit entered today turns nothing back."""
    return done_at if current is None else max(current, done_at)
