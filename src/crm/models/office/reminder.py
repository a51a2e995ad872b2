"""Reminders: what is due next for whom, and what has fired."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class ReminderSeries(Model):
    """The next reminder of one person for one event by one rule: one row however long the rule runs.

    Without a person it is for the contacts who are invited, whoever they are by then. `due_at` is the due index's key; null when
    nothing is to come. It lies behind the offset before `occurrence_at` where quiet hours hold it back.
    """

    id = fields.UUIDField(primary_key=True)
    schedule_event = reference("ScheduleEvent", null=False, cascade=True)
    user = reference("User")
    channel = fields.CharField(max_length=10)
    minutes_before = fields.IntField()
    occurrence_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)

    class Meta:
        table = "reminder_series"
        unique_together = (("schedule_event_id", "user_id", "channel", "minutes_before"),)


class Reminder(Model):
    """提醒. One that has fired. (series, occurrence) is unique: however many schedulers run, each fires once.

    `series_id` of a contact's is derived from the series and their address (`reminder_recipients.py`); it stands under the person
    in whose name it goes out. `sending_since` is set before a message is handed over and cleared by an answer: a row that has it
    was perhaps sent, and `repeated` says that it was sent again then.
    """

    id = fields.UUIDField(primary_key=True)
    series_id = fields.UUIDField()
    schedule_event = reference("ScheduleEvent", null=False, cascade=True)
    user = reference("User", null=False)
    contact = reference("Contact")
    channel = fields.CharField(max_length=10)
    occurrence_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    fired_at = fields.DatetimeField()
    late = fields.BooleanField(default=False)
    state = fields.CharField(max_length=10, default="DUE")
    snoozed_until = fields.DatetimeField(null=True)
    dismissed_at = fields.DatetimeField(null=True)
    address = fields.CharField(max_length=254, null=True)
    attempts = fields.IntField(default=0)
    next_try_at = fields.DatetimeField(null=True)
    sending_since = fields.DatetimeField(null=True)
    repeated = fields.BooleanField(default=False)
    sent_at = fields.DatetimeField(null=True)
    failure = fields.CharField(max_length=20, null=True)

    class Meta:
        table = "reminder"
        unique_together = (("series_id", "occurrence_at"),)
