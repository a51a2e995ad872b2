"""Reminders (提醒): by which way they come, and what becomes of one that has fired."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class ReminderChannel(StrEnum):
    """How people are reminded (提醒方式)."""

    POPUP = "POPUP"  # 弹窗
    SMS = "SMS"  # 短信
    EMAIL = "EMAIL"  # 邮件


SENT = frozenset({ReminderChannel.POPUP})
"""The channels that reach people today. The others are taken once messages go out: a promise nobody keeps is worse than none."""


class ReminderState(StrEnum):
    """Where a reminder that has fired stands (提醒状态)."""

    DUE = "DUE"  # 待处理
    SNOOZED = "SNOOZED"  # 稍后提醒
    DISMISSED = "DISMISSED"  # 已关闭


class ReminderVerb(StrEnum):
    """What can happen to it: snooze (稍后提醒), ring again when the time is up (再次提醒), dismiss (关闭)."""

    SNOOZE = "SNOOZE"
    RING = "RING"
    DISMISS = "DISMISS"


REMINDER_FLOW = Flow(
    "Reminder",
    ReminderState,
    ReminderVerb,
    {
        (ReminderState.DUE, ReminderVerb.SNOOZE): ReminderState.SNOOZED,
        (ReminderState.DUE, ReminderVerb.DISMISS): ReminderState.DISMISSED,
        (ReminderState.SNOOZED, ReminderVerb.SNOOZE): ReminderState.SNOOZED,
        (ReminderState.SNOOZED, ReminderVerb.RING): ReminderState.DUE,
        (ReminderState.SNOOZED, ReminderVerb.DISMISS): ReminderState.DISMISSED,
    },
)
"""Dismissed is final: a popup that somebody closed does not come back."""
