"""Templates of e-mail (邮件模板): subject, text and HTML are filled with the same values, each as it has to be written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from crm.rules.messaging.placeholders import LONGEST_VALUE, placeholders, replaced, value_of


class EmailVariableSource(StrEnum):
    """Where the value of a variable comes from (变量来源): 填写, 联系人姓名, 单位名称, 发件人."""

    GIVEN = "GIVEN"
    CONTACT_NAME = "CONTACT_NAME"
    PARTY_NAME = "PARTY_NAME"
    SENDER_NAME = "SENDER_NAME"


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says: its subject, its text, and the same in HTML where it has that."""

    subject: str
    text: str
    html: str | None = None


def named(letter: Letter) -> list[str]:
    """The variables of all three, each once. ValueError for braces that are no placeholder."""
    return list(dict.fromkeys(name for part in _parts(letter) for name in placeholders(part)))


def filled(letter: Letter, values: Mapping[str, str], longest: Mapping[str, int] | None = None) -> Letter:
    """All three with their values, whose mark-up is made harmless in HTML. `BadValue` for what cannot stand there."""
    limits = longest or {}
    checked = {name: value_of(name, values, limits.get(name, LONGEST_VALUE)) for name in named(letter)}
    html = None if letter.html is None else replaced(letter.html, checked, lambda value: escape(value, quote=True))
    return Letter(replaced(letter.subject, checked), replaced(letter.text, checked), html)


def _parts(letter: Letter) -> tuple[str, ...]:
    return letter.subject, letter.text, letter.html or ""
