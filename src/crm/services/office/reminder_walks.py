"""Which occurrence a series that is due fires for, and which comes after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import structlog

from crm.rules.office.quiet_hours import quiet_until, read_quiet_hours
from crm.rules.office.recurrence import Occurrence, Series, last_until, next_after
from crm.services.office.timing import series_of

log = structlog.get_logger("crm.reminders")

Walk = Callable[[Series, datetime], Occurrence | None]


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a series: the occurrence it fires for, if any, and what it waits for then, if anything."""

    fires: datetime | None
    occurrence_at: datetime | None
    due_at: datetime | None


REST = Step(None, None, None)


class Walks:
    """Expanded rules of one batch: the attendees of an event share its walk."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._series: dict[UUID, Series] = {}
        self._found: dict[tuple[UUID, Walk, datetime], datetime | None] = {}

    def step_of(self, row: Mapping[str, Any]) -> Step:
        """The step of a series, by its row and what was read with it."""
        if not row["concerned"]:
            return REST
        if (held := self._held(row)) is not None:
            return Step(None, row["occurrence_at"], held)
        latest, following = self._due(row)
        due_at = None if following is None else following - timedelta(minutes=row["minutes_before"])
        return Step(latest if row["here"] else None, following, due_at)

    def _held(self, row: Mapping[str, Any]) -> datetime | None:
        """Until when quiet hours hold it back. What comes of it then is what comes after downtime: one, for the latest."""
        if row["quiet_from"] is None:
            return None
        try:
            return quiet_until(read_quiet_hours(row["quiet_from"], row["quiet_until"]), row["time_zone_of_person"], self.at)
        except ValueError as error:
            log.warning("somebody's clocks are not known any more", user=str(row["user_id"]), reason=str(error))
            return None

    def _due(self, row: Mapping[str, Any]) -> tuple[datetime, datetime | None]:
        """The latest occurrence that is due and the one after it. Those missed before, after downtime, are not told of."""
        latest, horizon = row["occurrence_at"], self.at + timedelta(minutes=row["minutes_before"])
        following = self._walk(row, next_after, latest)
        if following is None or following > horizon:
            return latest, following
        return self._walk(row, last_until, horizon) or latest, self._walk(row, next_after, horizon)

    def _walk(self, row: Mapping[str, Any], walk: Walk, instant: datetime) -> datetime | None:
        """The start of the occurrence that a walk from an instant finds; of a single event there is none."""
        if row["rrule"] is None:
            return None
        key = (row["schedule_event_id"], walk, instant)
        if key not in self._found:
            self._found[key] = self._start(row, walk, instant)
        return self._found[key]

    def _start(self, row: Mapping[str, Any], walk: Walk, instant: datetime) -> datetime | None:
        event = row["schedule_event_id"]
        try:
            if event not in self._series:
                self._series[event] = series_of(row, _listed(row["exceptions"]))
            found = walk(self._series[event], instant)
        except ValueError as error:
            # A zone that a new edition of the table dropped, say. One such event must not keep everybody else's from firing.
            log.warning("a rule cannot be expanded any more", schedule_event=str(event), reason=str(error))
            return None
        return None if found is None else found.starts_at


def _listed(stored: Any) -> list[dict[str, Any]]:
    """The exceptions that came as JSON."""
    found: list[dict[str, Any]] = orjson.loads(stored) if isinstance(stored, str | bytes) else stored
    return found or []
