"""What somebody typed into the search centre (检索中心), as conditions on the tokens of `search_tokens.py`.

The words are parted by spaces, and each must hit. What a word can hit depends on what it looks like: Chinese is found anywhere
in a text, Latin letters as the beginning of a word, as pinyin from any syllable on or as initials, three digits and more inside
a phone number. One character finds the names that begin with it; everything would have it somewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from crm.core.search_tokens import (
    DIGITS_LENGTH,
    END,
    FEWEST_DIGITS,
    INITIALS,
    INITIALS_LENGTH,
    SOUND,
    SOUND_LENGTH,
    START,
    WORD_LENGTH,
    Place,
    Run,
    folded,
    pairs,
    runs,
    windows,
)

LONGEST_QUERY = 100
MOST_WORDS = 8


@dataclass(frozen=True, slots=True)
class Token:
    """A token, or all that begin with it."""

    text: str
    prefix: bool = False

    def __str__(self) -> str:
        """As PostgreSQL's `tsquery` writes it. Tokens hold letters, digits and our own signs, so there is nothing to escape."""
        return f"'{self.text}'{':*' if self.prefix else ''}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """All of the parts."""

    parts: tuple[Wish, ...]

    def __str__(self) -> str:
        """In brackets, so that it can stand anywhere."""
        return f"({' & '.join(map(str, self.parts))})"


@dataclass(frozen=True, slots=True)
class OneOf:
    """At least one of the parts."""

    parts: tuple[Wish, ...]

    def __str__(self) -> str:
        """In brackets, so that it can stand anywhere."""
        return f"({' | '.join(map(str, self.parts))})"


Wish = Token | AllOf | OneOf


@dataclass(frozen=True)
class Word:
    """What was typed between two spaces: its runs belong together."""

    runs: tuple[Run, ...]

    @property
    def has_letters(self) -> bool:
        """Whether some of it is a word by itself, and not a part of a text without spaces."""
        return not all(paired for _, paired in self.runs)

    def anywhere(self, closed: Collection[Place]) -> Wish:
        """In any field but those of the places that are closed."""
        return self._each(lambda run, paired: _anywhere(run, paired, closed))

    def reached(self, closed: Collection[Place]) -> Wish:
        """In a name, or in another short field: what people are called, numbered and reached by."""
        return self.anywhere({*closed, Place.ADDRESS, Place.TEXT})

    @cached_property
    def named(self) -> Wish:
        """In a name."""
        return self._each(_in_name)

    @cached_property
    def whole(self) -> Wish:
        """In a name; Latin letters as a whole word of it."""
        return self._each(lambda run, paired: _pairs_in_name(run) if paired else _either(START + run, run))

    @cached_property
    def first(self) -> Wish:
        """At the beginning of a name."""
        (run, paired), *rest = self.runs
        return _all([_at_start(run, paired), *(_in_name(*each) for each in rest)])

    @cached_property
    def alone(self) -> Wish | None:
        """As the whole of a name; None where tokens do not tell that."""
        if len(self.runs) > 1 or not self.runs[0][1]:
            return None
        marked = list(pairs(self.runs[0][0]))
        marked[0] = START + marked[0]
        marked[-1] += END
        return _all([Token(each) for each in marked])

    def _each(self, wish: Callable[[str, bool], Wish]) -> Wish:
        return _all([wish(run, paired) for run, paired in self.runs])


@dataclass(frozen=True)
class Query:
    """The words of a search, and the text as it was cleaned."""

    text: str
    words: tuple[Word, ...]

    def anywhere(self, closed: Collection[Place] = ()) -> Wish:
        """Every word in any open field."""
        return _all([word.anywhere(closed) for word in self.words])

    def tiers(self, closed: Collection[Place]) -> list[tuple[int, Wish]]:
        """What a hit is worth, best first: the whole name, its beginning, a word of it, inside it, another short field."""
        alone = self.words[0].alone if len(self.words) == 1 else None
        return [
            *([] if alone is None else [(EXACT, alone)]),
            (80, self.first),
            *([(60, _all([word.whole for word in self.words]))] if any(word.has_letters for word in self.words) else []),
            (40, _all([word.named for word in self.words])),
            (20, _all([word.reached(closed) for word in self.words])),
        ]

    @property
    def has_number(self) -> bool:
        """Whether some of it is longer than what a masked telephone number shows: part of one, whatever else it may be."""
        return any(run.isdecimal() and len(run) >= DIGITS_LENGTH for word in self.words for run, _ in word.runs)

    @cached_property
    def first(self) -> Wish:
        """A name that begins with the first word and has the others in it."""
        first, *rest = self.words
        return _all([first.first, *(word.named for word in rest)])


EXACT, WITH_ITS_PARTY, LEAST = 100, 50, 10
"""What a hit is worth that is the whole name; that needed the name of its party; that is in an address or a text."""


def read_query(text: str) -> Query:
    """The words of what was typed. Raises ValueError where there is nothing to look for, or too much."""
    if "\0" in text or len(text) > LONGEST_QUERY:
        raise ValueError(f"a search takes at most {LONGEST_QUERY} characters")
    words = tuple(Word(tuple(found)) for part in folded(text).split() if (found := runs(part)))
    if not words:
        raise ValueError("a search needs letters, digits or Chinese characters")
    if len(words) > MOST_WORDS:
        raise ValueError(f"a search takes at most {MOST_WORDS} words")
    return Query(folded(text), words)


def _all(parts: Sequence[Wish]) -> Wish:
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def _any(parts: Sequence[Wish]) -> Wish:
    return parts[0] if len(parts) == 1 else OneOf(tuple(parts))


def _either(*texts: str, prefix: bool = False) -> Wish:
    return _any([Token(text, prefix) for text in texts])


def _in_name(run: str, paired: bool) -> Wish:
    if paired:
        return _pairs_in_name(run)
    if len(run) == 1:
        return _any([Token(run), *(Token(mark + run, prefix=True) for mark in (START, START + INITIALS))])
    word = _either(START + run[:WORD_LENGTH], run[:WORD_LENGTH], prefix=True)
    return _any([word, *_sounding(run, START, "")])


def _pairs_in_name(run: str) -> Wish:
    """The pairs of the name carry where it begins and ends, so the outer ones of what was typed may be marked or not."""
    if len(run) == 1:
        return _either(START + run, run, run + END)
    inner = list(pairs(run))
    if len(inner) == 1:
        pair = inner[0]
        return _either(pair, START + pair, pair + END, START + pair + END)
    outer = [_either(START + inner[0], inner[0]), _either(inner[-1], inner[-1] + END)]
    return _all([outer[0], *map(Token, inner[1:-1]), outer[1]])


def _at_start(run: str, paired: bool) -> Wish:
    if not paired:
        sounds = _sounding(run, START) if len(run) > 1 else [Token(START + INITIALS + run, prefix=True)]
        return _any([Token(START + run[:WORD_LENGTH], prefix=True), *sounds])
    if len(run) == 1:
        return Token(START + run)
    inner = list(pairs(run))
    if len(inner) == 1:
        return _either(START + inner[0], START + inner[0] + END)
    return _all([Token(START + inner[0]), *map(Token, inner[1:-1]), _either(inner[-1], inner[-1] + END)])


def _sounding(run: str, *marks: str, sign: str = "") -> list[Wish]:
    """As pinyin or initials, from where the marks say; letters only. `sign` is that of the place."""
    if not (run.isascii() and run.isalpha()):
        return []
    sound = _either(*(sign + mark + SOUND + run[:SOUND_LENGTH] for mark in marks), prefix=True)
    begun, *rest = windows(run, INITIALS_LENGTH, INITIALS_LENGTH) if len(run) > INITIALS_LENGTH else [run]
    initials = _either(*(sign + mark + INITIALS + begun for mark in marks), prefix=True)
    return [sound, _all([initials, *(Token(sign + INITIALS + each) for each in rest)])]


def _anywhere(run: str, paired: bool, closed: Collection[Place]) -> Wish:
    found = [_in_name(run, paired)]
    if paired:
        if len(run) > 1:
            open_ = [place for place in (Place.ALIAS, Place.ADDRESS, Place.TEXT) if place not in closed]
            found += [_all([Token(place + pair) for pair in pairs(run)]) for place in open_]
        return _any(found)
    if len(run) > 1:
        written = [place for place in Place if place not in (Place.NAME, Place.PHONE, *closed)]
        found += [Token(place + run[:WORD_LENGTH], prefix=True) for place in written]
        if Place.ALIAS not in closed:
            found += _sounding(run, "", sign=Place.ALIAS)
    if run.isdecimal() and len(run) >= FEWEST_DIGITS and Place.PHONE not in closed:
        found.append(_digits(run))
    return _any(found)


def _digits(run: str) -> Wish:
    """Inside a phone number. An international prefix is no part of it."""
    number = run.removeprefix("00") if len(run) > DIGITS_LENGTH else run
    if len(number) < DIGITS_LENGTH:
        return Token(Place.PHONE + number, prefix=True)
    return _all([Token(Place.PHONE + each) for each in windows(number, DIGITS_LENGTH, DIGITS_LENGTH)])
