"""Subjects of e-mail (主题): what is answered, and by what messages of one conversation are known."""

from __future__ import annotations

import re

from crm.core.text import fold

LONGEST_KEY = 200
_WORDS = "re|fw|fwd|aw|wg|sv|antw|回复|答复|回覆|转发|轉寄|轉發"
_MARK = re.compile(rf"^\s*(?:\[[^\]]{{0,40}}\]\s*)?(?:{_WORDS})\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*", re.IGNORECASE)


def bare(subject: str) -> str:
    """Without what mail programs put before it, however often."""
    text, before = subject.strip(), None
    while text != before:
        before, text = text, _MARK.sub("", text, count=1)
    return text


def subject_key(subject: str) -> str:
    """By what subjects are compared."""
    return fold(" ".join(bare(subject).split()))[:LONGEST_KEY]


def answering(subject: str) -> str:
    """The subject of an answer."""
    return f"Re: {bare(subject)}"


def forwarding(subject: str) -> str:
    """The subject of a message that is passed on."""
    return f"Fwd: {bare(subject)}"
