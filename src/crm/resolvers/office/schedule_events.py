"""What can be asked of and done with the calendar (日程安排)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.graph.context import Operation
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.office.schedule_attendee import AttendeeAnswer
from crm.schema.office.schedule_event import (
    From,
    ScheduleEventCreateInput,
    ScheduleEventPayload,
    ScheduleEventUpdateInput,
    To,
)
from crm.schema.office.schedule_occurrence import ScheduleOccurrence, schedule_of
from crm.services.deeds import Deed
from crm.services.office import attendees, occurrences, schedule_events, series_edits

Whose = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="Whose events, as owner or attendee, at most 100 people; one's own, if absent."),
]


@strawberry.type
class ScheduleEventQuery:
    """Reading the calendar."""

    schedule_event = single("office.ScheduleEvent", SIGNED_IN, "One event (日程).")
    schedule_events = listing("office.ScheduleEvent", SIGNED_IN, "The events (日程) that the viewer may see.")

    @query(SIGNED_IN, "What takes place in a range of at most 400 days, by start (日程表). Events one may not see are left out.")
    async def schedule(operation: Operation, start: From, end: To, user_ids: Whose = None) -> list[ScheduleOccurrence] | None:
        """More than 2,000 occurrences answer BAD_USER_INPUT."""
        return await schedule_of(operation, start, end, user_ids)


@strawberry.type
class ScheduleEventMutation:
    """Writing the calendar."""

    @command("schedule_event.create", ScheduleEventPayload, "A new event (新建日程), single or periodic.")
    async def schedule_event_create(deed: Deed, input: ScheduleEventCreateInput) -> UUID:
        """With attendees and reminders."""
        return await schedule_events.create(deed, plain_input(input))

    @command(
        "schedule_event.update",
        ScheduleEventPayload,
        "New values of an event, of all its occurrences (修改日程); `version` is the one that was read.",
    )
    async def schedule_event_update(deed: Deed, id: strawberry.ID, version: int, input: ScheduleEventUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await schedule_events.update(deed, id, version, plain_input(input))

    @command("schedule_event.update", ScheduleEventPayload, "One occurrence of a periodic event does not take place (取消一次).")
    async def schedule_occurrence_cancel(deed: Deed, id: strawberry.ID, original_starts_at: datetime) -> UUID:
        """Named by its start by the rule."""
        return await occurrences.cancel(deed, id, original_starts_at)

    @command(
        "schedule_event.update",
        ScheduleEventPayload,
        "One occurrence of a periodic event takes place at another time (调整一次); moved back, or to where it was cancelled, it"
        " follows the rule again.",
    )
    async def schedule_occurrence_move(
        deed: Deed, id: strawberry.ID, original_starts_at: datetime, starts_at: datetime, ends_at: datetime
    ) -> UUID:
        """Named by its start by the rule."""
        return await occurrences.move(deed, id, original_starts_at, starts_at, ends_at)

    @command(
        "schedule_event.update",
        ScheduleEventPayload,
        "New values of one occurrence (修改一次): it leaves the series and is a single event from then on, which is answered.",
    )
    async def schedule_occurrence_update(
        deed: Deed, id: strawberry.ID, version: int, original_starts_at: datetime, input: ScheduleEventUpdateInput
    ) -> UUID:
        """Named by its start by the rule. Attendees keep their answers."""
        return await series_edits.update_one(deed, id, version, original_starts_at, plain_input(input))

    @command(
        "schedule_event.update",
        ScheduleEventPayload,
        "New values of an occurrence and all that follow (修改此次及以后): the series ends before it, and another goes on, which"
        " is answered. Those before stay as they are.",
    )
    async def schedule_following_update(
        deed: Deed, id: strawberry.ID, version: int, original_starts_at: datetime, input: ScheduleEventUpdateInput
    ) -> UUID:
        """Of the first occurrence it is INVALID: that is a change of the event."""
        return await series_edits.update_following(deed, id, version, original_starts_at, plain_input(input))

    @command(
        "schedule_event.update", ScheduleEventPayload, "An occurrence and all that follow do not take place (取消此次及以后)."
    )
    async def schedule_following_cancel(deed: Deed, id: strawberry.ID, original_starts_at: datetime) -> UUID:
        """Of the first occurrence it is INVALID: that is deleting the event."""
        return await series_edits.cancel_following(deed, id, original_starts_at)

    @command(SIGNED_IN, ScheduleEventPayload, "Answer an invitation of one's own (答复日程).")
    async def schedule_event_answer(deed: Deed, id: strawberry.ID, answer: AttendeeAnswer) -> UUID:
        """Who declines is not reminded."""
        return await attendees.answer(deed, id, answer.value)

    @command("schedule_event.delete", ScheduleEventPayload, "Move an event to the recycle bin (删除日程).")
    async def schedule_event_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await schedule_events.delete(deed, id)

    @command("schedule_event.delete", ScheduleEventPayload, "Take an event out of the recycle bin (恢复日程).")
    async def schedule_event_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await schedule_events.restore(deed, id)
