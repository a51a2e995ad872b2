"""What providers say of a message, and what it means for the whole of several parts."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from crm.rules.messaging.sms_flow import SmsVerb


class Reported(StrEnum):
    """短信回执: 已接受, 已送达, 失败, 过期, 未知."""

    ACCEPTED = "ACCEPTED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"


_VERBS = {
    Reported.ACCEPTED: SmsVerb.SUBMIT,
    Reported.DELIVERED: SmsVerb.DELIVER,
    Reported.FAILED: SmsVerb.FAIL,
    Reported.EXPIRED: SmsVerb.EXPIRE,
    Reported.UNKNOWN: SmsVerb.LOSE,
}


def folded(reported: Reported, parts: Sequence[str]) -> SmsVerb | None:
    """What follows for the message: delivered when all its parts are, failed with the first that is; None: wait for the others.

    Without parts the report is about the whole.
    """
    if not parts or reported in (Reported.ACCEPTED, Reported.UNKNOWN):
        return _VERBS[reported]
    for state in (Reported.FAILED, Reported.EXPIRED):
        if state in parts:
            return _VERBS[state]
    return SmsVerb.DELIVER if all(part == Reported.DELIVERED for part in parts) else None
