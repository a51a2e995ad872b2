"""Reminders (提醒): by which way they come, whom they are for, and what becomes of one that has fired."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from crm.core.flow import Flow


class ReminderChannel(StrEnum):
    """How people are reminded (提醒方式)."""

    POPUP = "POPUP"  # 弹窗
    SMS = "SMS"  # 短信
    EMAIL = "EMAIL"  # 邮件


class ReminderRecipients(StrEnum):
    """Whom a reminder is for (提醒对象)."""

    STAFF = "STAFF"  # 同事
    CONTACTS = "CONTACTS"  # 联系人


class ReminderState(StrEnum):
    """Where a reminder that has fired stands (提醒状态): the first three are of popups, the others of messages."""

    DUE = "DUE"  # 待处理
    SNOOZED = "SNOOZED"  # 稍后提醒
    DISMISSED = "DISMISSED"  # 已关闭
    QUEUED = "QUEUED"  # 待发送
    SENT = "SENT"  # 已发送
    FAILED = "FAILED"  # 发送失败


class ReminderVerb(StrEnum):
    """What can happen to it: snooze (稍后提醒), ring again when the time is up (再次提醒), dismiss (关闭); send, give up."""

    SNOOZE = "SNOOZE"
    RING = "RING"
    DISMISS = "DISMISS"
    SEND = "SEND"
    GIVE_UP = "GIVE_UP"


class ReminderFailure(StrEnum):
    """Why a message did not go out (失败原因)."""

    NO_ADDRESS = "NO_ADDRESS"  # 无地址
    OBSOLETE = "OBSOLETE"  # 日程已取消
    REFUSED = "REFUSED"  # 被拒收
    NOT_SENT = "NOT_SENT"  # 多次未能发送
    UNCERTAIN = "UNCERTAIN"  # 结果不明
    NOT_SET_UP = "NOT_SET_UP"  # 未配置


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
        (ReminderState.QUEUED, ReminderVerb.SEND): ReminderState.SENT,
        (ReminderState.QUEUED, ReminderVerb.GIVE_UP): ReminderState.FAILED,
    },
)
"""Dismissed is final: a popup that somebody closed does not come back."""

_FIRST_PAUSE = timedelta(seconds=15)
_TIMES = 4
_LONGEST_PAUSE = timedelta(minutes=30)
WORTH_SENDING = timedelta(hours=6)
"""So long after it fired a message is still tried: whoever reads it later has no use for it."""


def pause_after(attempts: int) -> timedelta:
    """How long after so many attempts the next one is made."""
    times: int = _TIMES ** min(attempts - 1, 6)
    return min(_FIRST_PAUSE * times, _LONGEST_PAUSE)
