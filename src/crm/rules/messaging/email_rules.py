"""Rules of a mailbox (收信规则): what is done with a message that arrives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from crm.core.text import fold
from crm.rules.messaging.email_flow import EmailFolder

MOST_CONDITIONS = 20
LONGEST_VALUE = 200
ARRIVING = frozenset({EmailFolder.INBOX, EmailFolder.ARCHIVE, EmailFolder.JUNK})
"""Folders that a message can be put into as it arrives."""


class EmailRuleField(StrEnum):
    """What of a message is looked at (条件字段): 发件人, 收件人, 主题, 正文, 有附件."""

    FROM = "FROM"
    TO = "TO"
    SUBJECT = "SUBJECT"
    TEXT = "TEXT"
    HAS_ATTACHMENT = "HAS_ATTACHMENT"


class EmailRuleTest(StrEnum):
    """How it is compared (比较方式): 包含, 等于, 结尾为. Capitals and accents make no difference."""

    CONTAINS = "CONTAINS"
    EQUALS = "EQUALS"
    ENDS_WITH = "ENDS_WITH"


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules can ask of a message."""

    sender: str
    recipients: Sequence[str]
    subject: str
    text: str
    attachments: int


@dataclass(slots=True)
class Effect:
    """What is done with it. None: it stays as it is."""

    folder: EmailFolder | None = None
    seen: bool = False
    flagged: bool = False
    assignee: UUID | None = None


def applied(rules: Iterable[Mapping[str, Any]], facts: Facts) -> Effect:
    """What these rules come to, in their order, until one that fits says `stop`. Of two that name a folder the first counts."""
    effect = Effect()
    for rule in rules:
        if not rule["active"] or not fits(rule, facts):
            continue
        if effect.folder is None and rule["folder"] is not None:
            effect.folder = EmailFolder(rule["folder"])
        effect.seen |= rule["mark_seen"]
        effect.flagged |= rule["mark_flagged"]
        effect.assignee = effect.assignee or rule["assignee_id"]
        if rule["stop"]:
            break
    return effect


def fits(rule: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a message fulfils a rule. One without conditions fits nothing: it would be about every message there is."""
    held = [_holds(condition, facts) for condition in rule["conditions"]]
    return bool(held) and (any(held) if rule["any_of"] else all(held))


def _holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    field = EmailRuleField(condition["field"])
    if field is EmailRuleField.HAS_ATTACHMENT:
        return facts.attachments > 0
    texts: Sequence[str] = {
        EmailRuleField.FROM: [facts.sender], EmailRuleField.TO: facts.recipients,
        EmailRuleField.SUBJECT: [facts.subject], EmailRuleField.TEXT: [facts.text],
    }[field]  # fmt: skip
    wanted, test = fold(condition["value"]), EmailRuleTest(condition["test"])
    return any(_compares(fold(text), test, wanted) for text in texts)


def _compares(text: str, test: EmailRuleTest, wanted: str) -> bool:
    match test:
        case EmailRuleTest.CONTAINS:
            return wanted in text
        case EmailRuleTest.EQUALS:
            return text.strip() == wanted
    return text.rstrip().endswith(wanted)
