"""The enums of my office, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.office.reminder_flow import ReminderChannel, ReminderFailure, ReminderRecipients, ReminderState

strawberry.enum(ReminderChannel, description="How people are reminded (提醒方式).")
strawberry.enum(
    ReminderRecipients,
    description="Whom a reminder is for (提醒对象): STAFF are the owner and colleagues who are invited, CONTACTS the contacts.",
)
strawberry.enum(
    ReminderState,
    description="Of popups DUE is to be looked at, SNOOZED comes again, DISMISSED is over; of messages QUEUED waits, SENT went"
    " out, FAILED did not (提醒状态).",
)
strawberry.enum(
    ReminderFailure,
    description="Why a message did not go out (失败原因). UNCERTAIN: twice the connection broke before the answer: it may have.",
)

__all__ = ["ReminderChannel", "ReminderFailure", "ReminderRecipients", "ReminderState"]
