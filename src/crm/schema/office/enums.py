"""The enums of my office, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.office.reminder_flow import ReminderChannel, ReminderState

strawberry.enum(ReminderChannel, description="How people are reminded (提醒方式). Only POPUP is sent yet.")
strawberry.enum(ReminderState, description="DUE is to be looked at, SNOOZED comes again, DISMISSED is over (提醒状态).")

__all__ = ["ReminderChannel", "ReminderState"]
