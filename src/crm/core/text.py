"""What every stored or compared text goes through, whatever it means."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Zero-width characters and direction marks. They arrive with text pasted from phones, chats and spreadsheets, and
make two names differ that look the same."""

_MARKED_LATIN = re.compile(r"[a-z][^\w\x00-\x7f]+")
"""Only marks on Latin letters are accents; on other scripts they make another letter (Japanese が, Cyrillic й)."""

_LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"}
)


def clean(text: str) -> str:
    """The text as it is stored: trimmed, every run of white space one plain space, nothing invisible.

    White space includes the full-width space and line breaks, so this is for one-line values such as names (名称). Compatibility
    forms stay as typed: ㈱ or a full-width letter in a name is the user's choice, and `fold` is there to compare.
    """
    return " ".join(_INVISIBLE.sub("", text).split())


def has_nul(text: str) -> bool:
    """Whether the text holds U+0000, which JSON carries and PostgreSQL refuses."""
    return "\0" in text


def is_chinese(char: str) -> bool:
    """Whether one character is a Chinese one (汉字): the unified blocks, their extensions, compatibility forms and 〇."""
    return (
        "\u4e00" <= char <= "\u9fff"
        or "\u3400" <= char <= "\u4dbf"
        or "\U00020000" <= char <= "\U0003ffff"
        or "\uf900" <= char <= "\ufaff"
        or char == "〇"
    )


def escape_like(text: str) -> str:
    r"""The text with the wildcards of LIKE (`\`, `%`, `_`) made literal, for patterns with the default escape character."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def fold(text: str) -> str:
    """The text as it is compared: NFKC, lower case, Latin letters without accents.

    Folding twice changes nothing. Never stored in place of what was typed.
    """
    if text.isascii():
        return text.lower()
    lowered = unicodedata.normalize("NFKC", text).lower()
    letters = unicodedata.normalize("NFD", lowered).translate(_LETTERS_WITHOUT_DECOMPOSITION)
    return unicodedata.normalize("NFKC", _MARKED_LATIN.sub(_without_marks, letters))


def _without_marks(marked: re.Match[str]) -> str:
    """What was matched without combining marks of any script: one of another script would shield the accent behind it."""
    return "".join(char for char in marked[0] if not unicodedata.category(char).startswith("M"))
