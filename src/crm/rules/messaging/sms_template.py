"""Templates of short messages (短信模板): what may be put in the place of a placeholder.

What would let a value pass for something else is refused: the brackets of a signature, placeholders, mark-up, line breaks and
characters that nobody sees.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

from crm.rules.messaging.placeholders import LONGEST_VALUE, BadValue, is_name, placeholders, replaced, strangers, value_of

__all__ = ["LONGEST_VALUE", "BadValue", "SmsVariableSource", "filled", "is_name", "placeholders", "refuse_signature", "strangers"]

_MARKUP = re.compile(r"[{}【】<>]")
_BRACKETS = re.compile(r"[【】]")


class SmsVariableSource(StrEnum):
    """Where the value of a variable comes from (变量来源): 填写, 联系人姓名, 单位名称, 发送人."""

    GIVEN = "GIVEN"
    CONTACT_NAME = "CONTACT_NAME"
    PARTY_NAME = "PARTY_NAME"
    SENDER_NAME = "SENDER_NAME"


def refuse_signature(text: str) -> None:
    """ValueError for a text that brings a signature of its own: which one it is signed with is the account's to say."""
    if _BRACKETS.search(text):
        raise ValueError("The brackets 【】 are for the signature, which comes from the account.")


def filled(text: str, values: Mapping[str, str], longest: Mapping[str, int] | None = None) -> str:
    """The text with every placeholder replaced. `BadValue` for what is missing or cannot stand there."""
    limits = longest or {}
    checked = {name: _value(name, values, limits.get(name, LONGEST_VALUE)) for name in placeholders(text)}
    return replaced(text, checked)


def _value(name: str, values: Mapping[str, str], longest: int) -> str:
    value = value_of(name, values, longest)
    if _MARKUP.search(value):
        raise BadValue(name, f"The value for {{{name}}} holds brackets or mark-up.")
    return value
