"""Reminders that have fired."""

from __future__ import annotations

from datetime import datetime

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.office.enums import ReminderChannel, ReminderState
from crm.schema.system.record import Node


@noun("reminder", order="-due_at", description="A reminder that has fired (提醒). Everybody sees only their own.")
class Reminder(Node):
    """提醒."""

    due_at: datetime = column("When it was due (应提醒时间).", sort=True)
    fired_at: datetime = column("When it fired (提醒时间).")
    late: bool = column("Whether it fired more than a minute after it was due, as after downtime.")
    channel: ReminderChannel = column("By which way it came (提醒方式).")
    state: ReminderState = column("Whether it is due, snoozed or dismissed (状态).")
    occurrence_at: datetime = column("When the occurrence starts that it is about (日程时间).")
    snoozed_until: datetime | None = column("When it comes again; null where it is not snoozed.")
    dismissed_at: datetime | None = column("When it was dismissed.")
    event = related("office.ScheduleEvent", "schedule_event_id", "What it is about (日程); null once one may not see that.")


ReminderFilter = filter_of(Reminder)
ReminderOrder = order_of(Reminder)
ReminderPayload = payload_of(Reminder)
