"""Events of the calendar."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry.types import Info

from crm.core.clock import now
from crm.graph.declarations import WHOLE_ROW
from crm.graph.fields import column, computed, owned_list, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.office.recurrence import next_after
from crm.schema.office.reminder_rule import ReminderRuleInput
from crm.schema.office.schedule_occurrence import ScheduleOccurrence, check_range, exceptions_of, occurrences_of
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord
from crm.services.office import exceptions
from crm.services.office.timing import COLUMNS, series_of

From = Annotated[datetime, strawberry.argument(name="from", description="From this instant.")]
To = Annotated[datetime, strawberry.argument(name="to", description="To before this instant; at most 400 days later.")]


@noun(
    "schedule_event",
    entity="schedule_event",
    label="title",
    order="starts_at",
    description="An event of the calendar (日程), single or periodic. Its owner, everybody above them and its attendees see it.",
    extra=("local_start", "duration_seconds", "next_occurrence_at"),
)
class ScheduleEvent(OwnedRecord):
    """日程."""

    title: str = column("What it is (标题).")
    description: str | None = column("Details (内容).", filterable=False)
    location: str | None = column("Where (地点).")
    starts_at: datetime = column("When it starts, the first time where it repeats (开始时间).", sort=True)
    ends_at: datetime = column("When it ends, the first time where it repeats (结束时间).")
    time_zone: str = column("IANA zone whose clocks it follows: nine o'clock stays nine o'clock there (时区).")
    all_day: bool = column("Whether it takes whole days (全天).")
    rrule: str | None = column("How it repeats, an RRULE of RFC 5545; null for a single event (重复规则).", filterable=False)
    activity = related("customers.Activity", "activity_id", "The activity it belongs to (活动).")
    contract = related("marketing.Contract", "contract_id", "The contract it belongs to (合同).")
    party = related("customers.Party", "party_id", "The party it is with (单位).")
    attendees = owned_list("office.ScheduleAttendee", "schedule_event_id", "Who is invited, at most 50 (参加人).")
    reminders = owned_list("office.ReminderRule", "schedule_event_id", "When people are reminded (提醒).")
    exceptions = owned_list(
        "office.ScheduleException", "schedule_event_id", "Occurrences that differ (例外).", limit=exceptions.MOST
    )

    @computed("When it takes place next; null where it is over (下次时间).", needs=("next_occurrence_at", "rrule"), reads=COLUMNS)
    async def next_occurrence_at(root: Row, info: Info) -> datetime | None:
        """What is stored was right at the last change, and is as long as it lies ahead."""
        root.check("next_occurrence_at")
        at, stored = now(), root.record["next_occurrence_at"]
        if stored is None or stored > at:
            return stored  # type: ignore[no-any-return]
        found = next_after(series_of(root.record, [row.record for row in await exceptions_of(info.context, root)]), at)
        return None if found is None else found.starts_at

    @computed(
        "Its occurrences that overlap a range, by their start (日程展开).",
        needs=("local_start", "duration_seconds", "time_zone", "rrule"),
        reads=(WHOLE_ROW,),
    )
    async def occurrences(root: Row, info: Info, start: From, end: To) -> list[ScheduleOccurrence] | None:
        """Too wide a range answers BAD_USER_INPUT."""
        root.check("occurrences")
        check_range(start, end)
        return await occurrences_of(info.context, [root], start, end)


ScheduleEventFilter = filter_of(ScheduleEvent)
ScheduleEventOrder = order_of(ScheduleEvent)
ScheduleEventPayload = payload_of(ScheduleEvent)


@strawberry.input(description="What creation and update of an event have in common.")
class ScheduleEventValues(OwnedValues):
    """Everything but title, start, end and owner."""

    description: strawberry.Maybe[str | None] = strawberry.field(description="Details, at most 20,000 characters.")
    location: strawberry.Maybe[str | None] = strawberry.field(description="Where (地点).")
    time_zone: strawberry.Maybe[str] = strawberry.field(
        description="IANA zone whose clocks it follows, such as Europe/Berlin; for a new event one's own, if absent."
    )
    all_day: strawberry.Maybe[bool] = strawberry.field(description="Whole days, from midnight to midnight in the time zone.")
    rrule: strawberry.Maybe[str | None] = strawberry.field(
        description="How it repeats, an RRULE of RFC 5545: FREQ of DAILY to YEARLY, INTERVAL 1 to 999, COUNT to 1,000 or UNTIL"
        " within ten years; without either it repeats for ten years."
    )
    activity_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The activity it belongs to.")
    contract_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The contract it belongs to.")
    party_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The party it is with.")
    attendee_user_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="All colleagues who are invited; replaces those who are. Who stays keeps their answer."
    )
    attendee_contact_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="All contacts who are invited; replaces those who are. With the colleagues at most 50."
    )
    reminders: strawberry.Maybe[list[ReminderRuleInput]] = strawberry.field(
        description="The whole list of reminders, at most 5; replaces what is there."
    )


@strawberry.input(
    description="The values of an event, of all its occurrences. Absent fields stay as they are; null clears. Exceptions that"
    " the new times have no occurrence for are dropped."
)
class ScheduleEventUpdateInput(ScheduleEventValues):
    """What an update takes."""

    title: strawberry.Maybe[str] = strawberry.field(description="What it is (标题).")
    starts_at: strawberry.Maybe[datetime] = strawberry.field(description="When it starts, to the second (开始时间).")
    ends_at: strawberry.Maybe[datetime] = strawberry.field(description="When it ends, at most 366 days later (结束时间).")


@strawberry.input(description="A new event.")
class ScheduleEventCreateInput(ScheduleEventValues):
    """Title, start and end must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What it is (标题).")
    starts_at: datetime = strawberry.field(description="When it starts, to the second (开始时间).")
    ends_at: datetime = strawberry.field(description="When it ends, at most 366 days later (结束时间).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Whose event it is (负责人).")
