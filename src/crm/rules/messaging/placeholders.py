"""Templates: placeholders such as `{name}`, and what stands in their place. A value is put in once and never read again."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

LONGEST_NAME = 30
LONGEST_VALUE = 200
UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
"""Categories of characters that break lines or that nobody sees."""
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z_\u4e00-\u9fff][\w\u4e00-\u9fff]*")

Written = Callable[[str], str]


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


def strangers(text: str, names: Iterable[str]) -> list[str]:
    """Those of these names that the text has no placeholder for."""
    known = set(placeholders(text))
    return [name for name in names if name not in known]


def value_of(name: str, values: Mapping[str, str], longest: int) -> str:
    """The value of a variable: there, not too long, on one line and all of it to be seen; else `BadValue`."""
    value = values.get(name, "").strip()
    if not value:
        raise BadValue(name, f"A value for {{{name}}} is missing.")
    if len(value) > longest:
        raise BadValue(name, f"The value for {{{name}}} is longer than {longest} characters.")
    if any(unicodedata.category(char) in UNSEEN for char in value):
        raise BadValue(name, f"The value for {{{name}}} holds line breaks or characters that nobody sees.")
    return value


def replaced(text: str, values: Mapping[str, str], written: Written = str) -> str:
    """The text with every placeholder replaced by its value, as `written` writes values there."""
    return _PLACEHOLDER.sub(lambda found: written(values[found[1].strip()]), text)
