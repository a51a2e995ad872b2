"""How many short messages a text is (短信条数): the alphabets of GSM 03.38, and parts that are joined again on the telephone.

A message of one part holds 160 characters of GSM-7 or 70 of UCS-2. Of several, each part carries a header that says which one it
is, so there are 153 or 67 left. The whole text is of one alphabet: one Chinese character makes all of it UCS-2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

MOST_PARTS = 10
"""Longer texts are no short messages, and providers cut them."""


class SmsEncoding(StrEnum):
    """The alphabet a text is sent in (短信编码)."""

    GSM7 = "GSM7"
    UCS2 = "UCS2"


_ESCAPE = "\x1b"
_TABLE = (
    f"@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ{_ESCAPE}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_BASIC = frozenset(_TABLE) - {_ESCAPE}
_EXTENDED = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65}
"""Reached by an escape, so each takes two places."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """How much one part holds, alone and as one of several, and what a character takes of it."""

    encoding: SmsEncoding
    alone: int
    joined: int
    width: Callable[[str], int]


GSM7 = Alphabet(SmsEncoding.GSM7, 160, 153, lambda char: 2 if char in _EXTENDED else 1)
UCS2 = Alphabet(SmsEncoding.UCS2, 70, 67, lambda char: 2 if char > "\uffff" else 1)


def alphabet_of(text: str) -> Alphabet:
    """The narrowest alphabet that has every character of the text."""
    return GSM7 if all(char in _BASIC or char in _EXTENDED for char in text) else UCS2


def parts_of(text: str) -> list[str]:
    """The text as it is sent, part by part. What takes two places, an escaped character or a surrogate pair, is never cut."""
    alphabet = alphabet_of(text)
    if sum(map(alphabet.width, text)) <= alphabet.alone:
        return [text]
    parts, start, room = [], 0, alphabet.joined
    for place, char in enumerate(text):
        if (width := alphabet.width(char)) > room:
            parts.append(text[start:place])
            start, room = place, alphabet.joined
        room -= width
    return [*parts, text[start:]]


def encoded(part: str, encoding: SmsEncoding) -> bytes:
    """A part as it goes over the air: one septet in each byte, or big-endian UTF-16."""
    if encoding is SmsEncoding.UCS2:
        return part.encode("utf-16-be")
    return b"".join(_septets(char) for char in part)


def _septets(char: str) -> bytes:
    return bytes((0x1B, _EXTENDED[char])) if char in _EXTENDED else bytes((_TABLE.index(char),))
