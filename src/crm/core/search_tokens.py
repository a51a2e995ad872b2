"""What the search centre (检索中心) finds a record by: the tokens of its names, numbers and texts.

PostgreSQL knows no Chinese words, so the application cuts the text: every two neighbouring characters are a token (华为技术:
华为 为技 技术), and any substring of two characters or more is found by its own pairs. Latin words and numbers are tokens as a
whole and found by their beginning. A name has its sound besides: from each syllable on, the next letters of its pinyin and the
next initials.

The first sign of a token says where it stands, so that a field which somebody may not read is left out of their search, and a
hit in the name goes before one in a note. Texts are folded first (`folded`), and no folded text holds any of these signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache

from crm.core.pinyin import ways_to_say
from crm.core.simplified import simplified
from crm.core.text import clean, fold


class Place(StrEnum):
    """Where a token stands. The values are the signs its tokens begin with; those of names begin with none."""

    NAME = ""
    ALIAS = "A"
    CODE = "C"
    PHONE = "P"
    MAIL = "M"
    ADDRESS = "L"
    TEXT = "T"


START, END, SOUND, INITIALS = "^", "$", "~", "!"
"""Of names: at the beginning, at the end, pinyin, initials of pinyin."""

SOUND_LENGTH, INITIALS_LENGTH, DIGITS_LENGTH, WORD_LENGTH = 12, 4, 5, 40
"""How many signs of pinyin, initials, a phone number and a word are one token."""
FEWEST_DIGITS = 3
LONGEST_TEXT = 2_000
"""Of a note, only the beginning is searched."""

_PAIRED = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
"""Characters of scripts that are written without spaces: Chinese, and Japanese and Korean with them."""
_RUNS = re.compile(rf"([{_PAIRED}]+)|[^\W_{_PAIRED}]+")
_BETWEEN = re.compile(rf"(?<=[{_PAIRED}])[\W_]+(?=[{_PAIRED}])")
_LEGAL_FORM = re.compile("(?:股份|集团)?(?:有限)?(?:责任)?公司$")
_NO_DIGIT = re.compile(r"[^0-9]+")

Run = tuple[str, bool]
"""Signs that belong together, and whether they are cut into pairs."""


def folded(text: str) -> str:
    """The text as it is compared here: half-width, lower case, without accents, in simplified characters."""
    return simplified(fold(clean(text)))


def runs(text: str) -> list[Run]:
    """A folded text in parts: Chinese ones, and words. Punctuation between Chinese characters does not part them."""
    return [(match[0], match[1] is not None) for match in _RUNS.finditer(_BETWEEN.sub("", text))]


def pairs(run: str) -> Iterator[str]:
    """Every two neighbouring characters; of a single one, itself."""
    return (run[place : place + 2] for place in range(max(1, len(run) - 1)))


def windows(text: str, length: int, fewest: int) -> Iterator[str]:
    """From every sign on the next ones, as long as there are enough left."""
    return (text[place : place + length] for place in range(len(text) - fewest + 1))


@lru_cache(maxsize=4096)  # subjects and outcomes come again and again, above all where many are written
def tokens_of(place: Place, text: str, *, person: bool = False) -> frozenset[str]:
    """The tokens of a text that stands in a field of this place; `person` where it is a name that begins with a surname."""
    shown = folded(text[:LONGEST_TEXT])
    match place:
        case Place.NAME:
            return frozenset(_of_name(shown, person=person))
        case Place.ALIAS:
            return frozenset(place + each for each in (*_plain(shown), *_sounds(shown, START, person=person)))
        case Place.PHONE:
            return frozenset(place + each for each in windows(_NO_DIGIT.sub("", shown), DIGITS_LENGTH, FEWEST_DIGITS))
        case _:
            return frozenset(place + each for each in _plain(shown))


def _plain(text: str) -> Iterator[str]:
    for run, paired in runs(text):
        if paired:
            yield from pairs(run)
        else:
            yield run[:WORD_LENGTH]


def _of_name(text: str, *, person: bool) -> set[str]:
    parts = runs(text)
    found: set[str] = set()
    for place, (run, paired) in enumerate(parts):
        start, end = START if place == 0 else "", END if place == len(parts) - 1 else ""
        if not paired:
            found.add(start + run[:WORD_LENGTH])
            if run.isdecimal() and (number := run.lstrip("0")):
                found.add(number)
            continue
        marked = list(pairs(run))
        marked[0] = start + marked[0]
        marked[-1] += end
        found.update(marked)
        if start:
            found.add(start + run[0])
    found.update(_sounds(text, "", person=person))
    return found


def _sounds(text: str, unmarked: str, *, person: bool) -> Iterator[str]:
    """Pinyin and initials of a text with Chinese in it; other readings of its beginning only change what begins there.

    Nothing begins in the legal form of a company, which nearly all of them have. `unmarked`: the sign of the beginning that is
    left out.
    """
    if text.isascii():
        return
    start = START if unmarked != START else ""
    legal_form = _LEGAL_FORM.search(text)
    spoken = -len(legal_form[0]) if legal_form and legal_form.start() else None
    for number, way in enumerate(ways_to_say(text, person=person)):
        letters = "".join(syllable[0] for syllable in way)
        for place in range(len(way[:spoken]) if number == 0 else 1):
            mark = start if place == 0 else ""
            if (sound := _letters(way[place:])).isascii() and len(sound) > 1:
                yield mark + SOUND + sound
            if (initials := letters[place : place + INITIALS_LENGTH]).isascii() and len(initials) > 1:
                yield mark + INITIALS + initials


def _letters(way: Sequence[str]) -> str:
    """The first letters of what is spoken from here on."""
    return "".join(way[:SOUND_LENGTH])[:SOUND_LENGTH]
