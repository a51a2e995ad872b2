"""Which conversation a message belongs to (邮件会话): what it says it answers, else its subject among the same people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from crm.rules.messaging.email_subjects import bare, subject_key

WINDOW = timedelta(days=30)
"""A subject says that two messages belong together for so long."""
SHORTEST = 4
"""Of a subject that says enough; a Chinese character counts two."""
MOST_ASKED = 40
_COMMON = {
    "", "hello", "hi there", "test", "no subject", "(no subject)", "urgent", "你好", "您好", "测试", "无主题", "(无主题)",
    "无标题", "询价", "报价", "问候", "急", "紧急", "回复", "附件", "如题",
}  # fmt: skip


def joins_by_subject(subject: str) -> bool:
    """Whether a subject says enough: that of an answer, and not one that everybody writes."""
    key = subject_key(subject)
    wide = sum(2 if ord(char) > 0x2E7F else 1 for char in key)
    return bare(subject) != subject.strip() and wide >= SHORTEST and key not in _COMMON


def asked_for(references: Sequence[str], in_reply_to: Iterable[str]) -> list[str]:
    """The names of messages by which a conversation is looked for, the nearest first."""
    near = [*in_reply_to, *reversed(references)]
    return list(dict.fromkeys(near))[:MOST_ASKED]
