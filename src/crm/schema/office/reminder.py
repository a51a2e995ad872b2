"""Reminders that have fired."""

from __future__ import annotations

from datetime import datetime

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.office.enums import ReminderChannel, ReminderFailure, ReminderState
from crm.schema.system.record import Node


@noun("reminder", order="-due_at", description="A reminder that has fired (提醒). Everybody sees only their own.")
class Reminder(Node):
    """提醒."""

    due_at: datetime = column("When it was due (应提醒时间).", sort=True)
    fired_at: datetime = column("When it fired (提醒时间).")
    late: bool = column("Whether it fired more than a minute after it was due, as after downtime or quiet hours.")
    channel: ReminderChannel = column("By which way it came (提醒方式).")
    state: ReminderState = column("Whether it is due, snoozed or dismissed; of a message, whether it went out (状态).")
    occurrence_at: datetime = column("When the occurrence starts that it is about (日程时间).")
    snoozed_until: datetime | None = column("When it comes again; null where it is not snoozed.")
    dismissed_at: datetime | None = column("When it was dismissed.")
    sent_at: datetime | None = column("When the message went out (发送时间).")
    failure: ReminderFailure | None = column("Why the message did not go out (失败原因).")
    repeated: bool = column("Whether it was sent again because nobody knows what became of it the first time.")
    contact = related("customers.Contact", "contact_id", "The contact who was reminded in one's name (联系人); null for oneself.")
    event = related("office.ScheduleEvent", "schedule_event_id", "What it is about (日程); null once one may not see that.")


ReminderFilter = filter_of(Reminder)
ReminderOrder = order_of(Reminder)
ReminderPayload = payload_of(Reminder)
