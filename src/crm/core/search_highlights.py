"""Where in a text the words of a search stand, for screens that show it: ranges of the text as it was written.

The text is compared as the tokens were made (`search_tokens.py`), so a full-width letter, a traditional character, the sound of a
name and a number with spaces in it are found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from crm.core.pinyin import ways_to_say
from crm.core.search_queries import Query
from crm.core.search_tokens import FEWEST_DIGITS, Place, folded
from crm.core.text import is_chinese

EXCERPT = 80
"""So many signs of a long text are shown, around the first that was found."""

Range = tuple[int, int]
"""Where it begins and where it ends."""

_UNITS = re.compile(r"[^\W_]")


def ranges_in(text: str, query: Query, place: Place) -> list[Range]:
    """Every place in the text where a word of the search is, in order, without overlaps."""
    signs, origins = _compared(text)
    found: list[Range] = []
    for word in query.words:
        for run, paired in word.runs:
            spans = _spans(signs, run, paired=paired) or _other_ways(text, signs, run, place, paired=paired)
            found += [(origins[start], origins[end - 1] + 1) for start, end in spans]
    return _joined(found)


def excerpt(text: str, ranges: Sequence[Range]) -> tuple[str, list[Range]]:
    """A part of a long text around what was found, and the ranges in it."""
    if len(text) <= EXCERPT:
        return text, list(ranges)
    start = max(0, min(ranges[0][0] - EXCERPT // 4, len(text) - EXCERPT)) if ranges else 0
    shown = text[start : start + EXCERPT]
    return shown, [(a - start, min(b - start, EXCERPT)) for a, b in ranges if a - start < EXCERPT]


def in_utf16(text: str, ranges: Sequence[Range]) -> list[Range]:
    """The ranges counted in units of UTF-16, as screens count; the same wherever there are no emoji and rare characters."""
    if not text or max(text) < "\U00010000":
        return list(ranges)
    return [(_units(text[:start]), _units(text[:end])) for start, end in ranges]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@lru_cache(maxsize=8192)
def _folded_sign(sign: str) -> str:
    return folded(sign) or " "


def _compared(text: str) -> tuple[str, list[int]]:
    """The text folded sign by sign, and for each sign where it comes from."""
    signs: list[str] = []
    origins: list[int] = []
    for place, sign in enumerate(text):
        for each in _folded_sign(sign):
            signs.append(each)
            origins.append(place)
    return "".join(signs), origins


def _spans(signs: str, run: str, *, paired: bool) -> list[Range]:
    """Where the run stands as it is; Latin letters and digits only where a word begins."""
    begun = "" if paired else r"(?<![^\W_\u3400-\u9fff])"
    return [match.span() for match in re.finditer(begun + re.escape(run), signs)]


def _other_ways(text: str, signs: str, run: str, place: Place, *, paired: bool) -> list[Range]:
    """Inside a telephone number, or by its sound."""
    if paired:
        return []
    if place is Place.PHONE and run.isdecimal() and len(run) >= FEWEST_DIGITS:
        return _digits(signs, run) or _digits(signs, run.removeprefix("00"))
    if place in (Place.NAME, Place.ALIAS) and run.isascii() and run.isalpha() and not text.isascii():
        return list(_by_sound(signs, run))[:1]
    return []


def _digits(signs: str, run: str) -> list[Range]:
    places = [place for place, sign in enumerate(signs) if sign.isdecimal()]
    start = "".join(signs[place] for place in places).find(run)
    return [] if start < 0 else [(places[start], places[start + len(run) - 1] + 1)]


def _by_sound(signs: str, run: str) -> Iterator[Range]:
    """The characters whose pinyin, or whose initials, the letters are."""
    units = _spoken_units(signs)
    for person in (False, True):
        for way in ways_to_say(signs, person=person):
            if len(way) != len(units):
                continue
            letters = "".join(syllable[0] for syllable in way)
            for first in range(len(way)):
                if letters.startswith(run, first):
                    yield units[first][0], units[first + len(run) - 1][1]
                elif "".join(way[first:]).startswith(run):
                    yield units[first][0], units[_last(way, first, len(run))][1]


def _last(way: Sequence[str], first: int, length: int) -> int:
    """Up to which syllable so many letters reach."""
    last = first
    while (length := length - len(way[last])) > 0:
        last += 1
    return last


def _spoken_units(signs: str) -> list[Range]:
    """What is spoken by itself: each Chinese character, and each run of other letters and digits."""
    units: list[Range] = []
    for match in _UNITS.finditer(signs):
        place = match.start()
        joins = units and units[-1][1] == place and not is_chinese(signs[place]) and not is_chinese(signs[place - 1])
        if joins:
            units[-1] = (units[-1][0], place + 1)
        else:
            units.append((place, place + 1))
    return units


def _joined(found: Sequence[Range]) -> list[Range]:
    joined: list[Range] = []
    for start, end in sorted(found):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
