"""Occurrences of events: what a calendar shows."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from crm.access.branches import named
from crm.access.conditions import Compare, Condition, Every, Operator, Related, Some
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.paging import Page
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.filters import MAX_LISTED
from crm.graph.nouns import hidden_fields, noun_named, part
from crm.graph.rows import Row
from crm.rules.office.recurrence import between
from crm.services.office import exceptions
from crm.services.office.timing import occurrence_of, series_of

if TYPE_CHECKING:
    from crm.schema.office.schedule_event import ScheduleEvent

EventType = Annotated["ScheduleEvent", strawberry.lazy("crm.schema.office.schedule_event")]

LONGEST_RANGE = timedelta(days=400)
MOST_OCCURRENCES = 2000
MOST_EVENTS = 5000
_ALL_EXCEPTIONS = Page(size=exceptions.MOST, backwards=False, after=None, before=None)
_AT_A_TIME = 100
"""So many events are expanded before others get their turn."""


@part(of="ScheduleEvent", description="One occurrence of an event (日程的一次).")
class ScheduleOccurrence:
    """Made from the event's rule and its exceptions."""

    event: EventType = strawberry.field(description="The event (日程).")
    starts_at: datetime = strawberry.field(description="When it starts (开始时间).")
    ends_at: datetime = strawberry.field(description="When it ends (结束时间).")
    original_starts_at: datetime = strawberry.field(
        description="When it starts by the rule: what verbs over single occurrences take."
    )
    moved: bool = strawberry.field(description="Whether it was moved away from there.")


def check_range(start: datetime, end: datetime) -> None:
    """A range that can be shown."""
    if not start < end:
        raise BadUserInput("`to` must be after `from`.")
    if end - start > LONGEST_RANGE:
        raise BadUserInput(f"`from` and `to` are at most {LONGEST_RANGE.days} days apart.")


async def schedule_of(
    operation: Operation, start: datetime, end: datetime, user_ids: Sequence[str] | None
) -> list[ScheduleOccurrence]:
    """What takes place in a range, of all events the viewer may see that belong to these people or that they attend.

    Three statements however many events there are: those owned and those attended (one statement for both could use the index of
    neither), and the exceptions.
    """
    check_range(start, end)
    entry, within = noun_named("ScheduleEvent"), _within(start, end)
    if "rrule" in hidden_fields(entry, operation.rights):
        raise FieldForbidden(entry.key("rrule"))
    page = Page(size=MOST_EVENTS, backwards=False, after=None, before=None)
    pages = [reads.listed(operation, entry, Every((part, within)), entry.order, page) for part in theirs(operation, user_ids)]
    events = {row.id: row for rows in await asyncio.gather(*pages) for row in rows}
    if len(events) > MOST_EVENTS:
        raise BadUserInput(f"More than {MOST_EVENTS} events: ask for a shorter range, or for fewer people.")
    return await occurrences_of(operation, list(events.values()), start, end)


def theirs(operation: Operation, user_ids: Sequence[str] | None, *, declined: bool = True) -> tuple[Condition, Condition]:
    """Owned, and attended, by these people. What a role hides is not told by this way: then only one's own counts.

    Not `declined`: without what they said no to.
    """
    if user_ids is not None and len(user_ids) > MAX_LISTED:
        raise BadUserInput(f"`userIds` takes at most {MAX_LISTED} people.")
    viewer = operation.viewer.id
    people = [viewer] if user_ids is None else [key for text in user_ids if (key := parse_id(text, Kind.USER)) is not None]
    hidden = hidden_fields(noun_named("ScheduleEvent"), operation.rights)
    owners = [each for each in people if each == viewer or "owner" not in hidden]
    attending = [each for each in people if each == viewer or "attendees" not in hidden]
    attended: Condition = Compare("user_id", Operator.IN, attending)
    if not declined:
        attended = Every((attended, Compare("answer", Operator.NE, "DECLINED")))
    return (
        Compare("owner_id", Operator.IN, owners),
        Related(named("schedule_attendee"), "id", "schedule_event_id", attended, card=True),
    )


def _within(start: datetime, end: datetime) -> Condition:
    """Begun before the range ends, and not over before it starts. What was moved may lie before the first occurrence."""
    latest = (end + timedelta(days=1)).astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
    moved = Compare("local_start", Operator.LT, latest)
    begun = Some((
        Compare("starts_at", Operator.LT, end),
        Related(named("schedule_exception"), "id", "schedule_event_id", moved, card=True),
    ))  # fmt: skip
    return Every((Compare("last_ends_at", Operator.GTE, start), begun))


async def occurrences_of(operation: Operation, events: Sequence[Row], start: datetime, end: datetime) -> list[ScheduleOccurrence]:
    """The occurrences of these events that overlap the range, by their start; their exceptions take one statement."""
    found: list[ScheduleOccurrence] = []
    excepted = await asyncio.gather(*(exceptions_of(operation, event) for event in events))
    for place, (event, rows) in enumerate(zip(events, excepted, strict=True)):
        found += _expanded(event, rows, start, end, MOST_OCCURRENCES + 1 - len(found))
        if len(found) > MOST_OCCURRENCES:
            raise BadUserInput(f"More than {MOST_OCCURRENCES} occurrences: ask for a shorter range.")
        if place % _AT_A_TIME == _AT_A_TIME - 1:
            await asyncio.sleep(0)
    return sorted(found, key=lambda each: (each.starts_at, each.event.id))


async def exceptions_of(operation: Operation, event: Row) -> list[Row]:
    """The exceptions of a periodic event; a single one has none."""
    if event.record["rrule"] is None:
        return []
    entry, key = noun_named("ScheduleException"), UUID(str(event.id))
    found = await reads.children(operation, entry, "schedule_event_id", key, None, entry.order, _ALL_EXCEPTIONS)
    return found[: _ALL_EXCEPTIONS.size]


def _expanded(event: Any, rows: Sequence[Row], start: datetime, end: datetime, limit: int) -> list[ScheduleOccurrence]:
    series = series_of(event.record, [row.record for row in rows])
    return [
        ScheduleOccurrence(
            event=event,
            starts_at=each.starts_at,
            ends_at=each.ends_at,
            original_starts_at=occurrence_of(each.original.isoformat(), 0, series.time_zone).starts_at,
            moved=each.moved,
        )
        for each in between(series, start, end, limit)
    ]
