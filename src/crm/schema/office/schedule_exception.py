"""Occurrences that do not follow the rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from strawberry.types import Info

from crm.graph import reads
from crm.graph.fields import column, computed
from crm.graph.nouns import noun, noun_named
from crm.graph.rows import Row
from crm.rules.office.recurrence import Occurrence
from crm.services.office.timing import occurrence_of

EVENT = ("schedule_event_id",)


@noun(
    "schedule_exception",
    order="original_start",
    part_of="ScheduleEvent",
    description="An occurrence that does not follow the rule (例外): cancelled, or moved to another time.",
    extra=("schedule_event_id", "local_start", "duration_seconds"),
)
class ScheduleException:
    """例外."""

    original_start: str = column("Its wall time by the rule, in the event's time zone, such as `2026-03-29T09:00:00`.", sort=True)
    cancelled: bool = column("Whether it does not take place at all (取消).")

    @computed("Its start by the rule; what verbs over single occurrences take.", needs=("original_start",), reads=EVENT)
    async def original_starts_at(root: Row, info: Info) -> datetime | None:
        """In the time zone of its event."""
        found = await _occurrence(root, info, root.record["original_start"], 0)
        return None if found is None else found.starts_at

    @computed("When it starts instead; null where it is cancelled.", needs=("local_start",), reads=EVENT)
    async def starts_at(root: Row, info: Info) -> datetime | None:
        """In the time zone of its event."""
        found = await _occurrence(root, info, root.record["local_start"], 0)
        return None if found is None else found.starts_at

    @computed("When it ends instead; null where it is cancelled.", needs=("local_start", "duration_seconds"), reads=EVENT)
    async def ends_at(root: Row, info: Info) -> datetime | None:
        """In the time zone of its event."""
        found = await _occurrence(root, info, root.record["local_start"], root.record["duration_seconds"])
        return None if found is None else found.ends_at


async def _occurrence(root: Row, info: Info, local: str | None, seconds: int | None) -> Occurrence | None:
    if local is None or seconds is None:
        return None
    event: Any = await reads.one(info.context, noun_named("ScheduleEvent"), root.record["schedule_event_id"])
    return None if event is None else occurrence_of(local, seconds, event.record["time_zone"])
