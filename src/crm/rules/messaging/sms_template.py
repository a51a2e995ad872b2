"""Templates of short messages (短信模板): placeholders such as `{name}`, and what may be put in their place.

A value is put in once and never read for placeholders again. What would let it pass for something else is refused: the brackets
of a signature, placeholders, mark-up, line breaks and characters that nobody sees.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum

LONGEST_NAME = 30
LONGEST_VALUE = 200
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*")
_MARKUP = re.compile(r"[{}【】<>]")
_BRACKETS = re.compile(r"[【】]")


class SmsVariableSource(StrEnum):
    """Where the value of a variable comes from (变量来源): 填写, 联系人姓名, 单位名称, 发送人."""

    GIVEN = "GIVEN"
    CONTACT_NAME = "CONTACT_NAME"
    PARTY_NAME = "PARTY_NAME"
    SENDER_NAME = "SENDER_NAME"


class BadValue(ValueError):
    """What is wrong with the value of a variable; `variable` is its name."""

    def __init__(self, variable: str, message: str) -> None:
        super().__init__(message)
        self.variable, self.message = variable, message


def placeholders(text: str) -> list[str]:
    """The names in a text, each once, in their order. ValueError, with a text for people, for braces that are none."""
    names = [found.strip() for found in _PLACEHOLDER.findall(text)]
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        raise ValueError("A brace stands alone: placeholders look like {name}.")
    for name in names:
        if not is_name(name):
            raise ValueError(f"{{{name[:LONGEST_NAME]}}} is no placeholder: names are letters, digits and underscores.")
    return list(dict.fromkeys(names))


def is_name(name: str) -> bool:
    """Whether a variable can be called so."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def refuse_signature(text: str) -> None:
    """ValueError for a text that brings a signature of its own: which one it is signed with is the account's to say."""
    if _BRACKETS.search(text):
        raise ValueError("The brackets 【】 are for the signature, which comes from the account.")


def filled(text: str, values: Mapping[str, str], longest: Mapping[str, int] | None = None) -> str:
    """The text with every placeholder replaced. `BadValue` for what is missing or cannot stand there."""
    limits = longest or {}
    checked = {name: _value(name, values, limits.get(name, LONGEST_VALUE)) for name in placeholders(text)}
    return _PLACEHOLDER.sub(lambda found: checked[found[1].strip()], text)


def strangers(text: str, names: Iterable[str]) -> list[str]:
    """Those of these names that the text has no placeholder for."""
    known = set(placeholders(text))
    return [name for name in names if name not in known]


def _value(name: str, values: Mapping[str, str], longest: int) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise BadValue(name, f"A value for {{{name}}} is missing.")
    if len(value) > longest:
        raise BadValue(name, f"The value for {{{name}}} is longer than {longest} characters.")
    if _MARKUP.search(value):
        raise BadValue(name, f"The value for {{{name}}} holds brackets or mark-up.")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp") for char in value):
        raise BadValue(name, f"The value for {{{name}}} holds line breaks or characters that nobody sees.")
    return value
