"""How we know that somebody wants no short messages."""

from __future__ import annotations

from enum import StrEnum


class SmsOptOutCause(StrEnum):
    """退订原因: 回复退订, 人工登记."""

    REPLY = "REPLY"
    MANUAL = "MANUAL"
