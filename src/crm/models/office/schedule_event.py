"""The calendar: events, single and periodic, who attends, and what differs from the rule."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class ScheduleEvent(OwnedRecord):
    """日程.

    `local_start` is wall time in `time_zone`, kept as text without a zone (`2026-03-29T09:00:00`), so that nine o'clock stays
    nine o'clock when the clocks change. `starts_at` and `ends_at` are the first occurrence; `last_ends_at` bounds the last.
    """

    title = fields.CharField(max_length=200)
    description = fields.TextField(null=True)
    location = fields.CharField(max_length=200, null=True)
    time_zone = fields.CharField(max_length=64)
    local_start = fields.CharField(max_length=19)
    duration_seconds = fields.IntField()
    all_day = fields.BooleanField(default=False)
    rrule = fields.CharField(max_length=500, null=True)
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()
    last_ends_at = fields.DatetimeField()
    next_occurrence_at = fields.DatetimeField(null=True)
    activity = reference("Activity")
    contract = reference("Contract")
    party = reference("Party")

    class Meta:
        table = "schedule_event"


class ScheduleAttendee(Model):
    """Somebody who is invited: one of our people, or a contact."""

    id = fields.UUIDField(primary_key=True)
    schedule_event = reference("ScheduleEvent", null=False, cascade=True)
    position = fields.IntField(default=0)
    user = reference("User")
    contact = reference("Contact")
    answer = fields.CharField(max_length=10, default="PENDING")

    class Meta:
        table = "schedule_attendee"


class ScheduleException(Model):
    """One occurrence that does not follow the rule: cancelled, or moved to another time. Local wall times, as in the event."""

    id = fields.UUIDField(primary_key=True)
    schedule_event = reference("ScheduleEvent", null=False, cascade=True)
    original_start = fields.CharField(max_length=19)
    cancelled = fields.BooleanField(default=False)
    local_start = fields.CharField(max_length=19, null=True)
    duration_seconds = fields.IntField(null=True)

    class Meta:
        table = "schedule_exception"
        unique_together = (("schedule_event_id", "original_start"),)


class ReminderRule(Model):
    """How long before each occurrence people are reminded, by which channel, and whether our people or the contacts."""

    id = fields.UUIDField(primary_key=True)
    schedule_event = reference("ScheduleEvent", null=False, cascade=True)
    position = fields.IntField(default=0)
    channel = fields.CharField(max_length=10)
    minutes_before = fields.IntField()
    recipients = fields.CharField(max_length=10, default="STAFF")

    class Meta:
        table = "reminder_rule"
