"""The words of a reminder that goes out as a message, in the language of whoever gets it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from crm.rules.office.recurrence import zone_named

LONGEST_SUBJECT, LONGEST_TITLE = 180, 60


@dataclass(frozen=True, slots=True)
class Subject:
    """What a reminder is about; `time_zone` is the one in which its times are told."""

    title: str
    starts_at: datetime
    duration: timedelta
    all_day: bool
    time_zone: str
    location: str | None = None


def words(about: Subject, *, chinese: bool) -> tuple[str, str]:
    """Subject line and text. A title may hold line breaks, which a header does not take."""
    title = " ".join(about.title.split())
    when = _when(about, chinese=chinese)
    where = " ".join((about.location or "").split())
    if chinese:
        lines = [f"日程：{title}", f"时间：{when}", *([f"地点：{where}"] if where else [])]
        return f"日程提醒：{title}"[:LONGEST_SUBJECT], "\n".join(lines) + "\n"
    lines = [f"What: {title}", f"When: {when}", *([f"Where: {where}"] if where else [])]
    return f"Reminder: {title}"[:LONGEST_SUBJECT], "\n".join(lines) + "\n"


_NO_SIGNATURE = str.maketrans("【】", "[]")
"""What stands in these is taken for the signature, which says who writes."""


def short_words(about: Subject, *, chinese: bool) -> str:
    """One line for a short message, of which every seventy characters are paid for."""
    title, where = (" ".join((text or "").split())[:LONGEST_TITLE] for text in (about.title, about.location))
    parts = [each.translate(_NO_SIGNATURE) for each in (title, _when(about, chinese=chinese), where) if each]
    return f"日程提醒：{'，'.join(parts)}" if chinese else f"Reminder: {', '.join(parts)}"


def _when(about: Subject, *, chinese: bool) -> str:
    """Day and time with the zone's name, since the reader may be elsewhere; whole days have no time."""
    zone = zone_named(about.time_zone)
    starts = about.starts_at.astimezone(zone)
    ends = (about.starts_at + about.duration).astimezone(zone)
    if about.all_day:
        last = (starts.replace(tzinfo=None) + about.duration - timedelta(days=1)).date()
        return f"{starts:%Y-%m-%d}" if last <= starts.date() else f"{starts:%Y-%m-%d} – {last:%Y-%m-%d}"
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"{ends:%Y-%m-%d %H:%M}"
    shown = f"{starts:%Y-%m-%d %H:%M} – {until}"
    return f"{shown}（{about.time_zone}）" if chinese else f"{shown} ({about.time_zone})"
