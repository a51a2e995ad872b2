"""Occurrences that do not follow their rule: read for a series, and dropped when the rule no longer has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.rules.office.recurrence import Series, occurs
from crm.services.deeds import Deed
from crm.services.office.timing import occurrence_of
from crm.services.records import FieldChange
from crm.services.values import loggable

MOST = 500
"""Exceptions of one event. Who needs more has another rule in mind."""

Exceptional = Mapping[str, Any]


async def stored(deed: Deed, event_id: UUID) -> list[dict[str, Any]]:
    """The exceptions of an event, by the occurrence they are about."""
    return await deed.rows(
        "SELECT id, original_start, cancelled, local_start, duration_seconds FROM schedule_exception"
        " WHERE schedule_event_id = $1 ORDER BY original_start",
        event_id,
    )


async def prune(deed: Deed, event_id: UUID, time_zone: str, series: Series) -> tuple[Sequence[Exceptional], list[FieldChange]]:
    """Drop those that are about no occurrence of the new rule: what is left, and the change. `time_zone` is the old one."""
    found = await stored(deed, event_id)
    fits = [series.rule is not None and occurs(series, datetime.fromisoformat(each["original_start"])) for each in found]
    dropped = [each for each, fit in zip(found, fits, strict=True) if not fit]
    if not dropped:
        return found, []
    await deed.run("DELETE FROM schedule_exception WHERE id = ANY($1)", [each["id"] for each in dropped])
    told = FieldChange("exceptions", [told_of(each, time_zone) for each in dropped], None)
    return [each for each, fit in zip(found, fits, strict=True) if fit], [told]


def told_of(exception: Exceptional, time_zone: str) -> dict[str, Any]:
    """An exception as the change log keeps it: in instants, like everything that clients read."""
    original = occurrence_of(exception["original_start"], 0, time_zone).starts_at
    told: dict[str, Any] = {"originalStartsAt": loggable(original), "cancelled": exception["cancelled"]}
    if not exception["cancelled"]:
        moved = occurrence_of(exception["local_start"], exception["duration_seconds"], time_zone)
        told |= {"startsAt": loggable(moved.starts_at), "endsAt": loggable(moved.ends_at)}
    return told
