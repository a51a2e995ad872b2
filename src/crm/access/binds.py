"""Bound parameters of one statement. Every value is bound; only names from our own metadata are ever pasted into SQL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

from crm.access.viewer import Viewer

_MARK = re.compile("⟦([0-9]+)⟧")


class Look(Enum):
    """On how many rows a test is made: a few at hand, those that a page passes by, a whole table. Only a question of speed."""

    ROW = 1
    PAGE = 2
    TABLE = 3


@dataclass(frozen=True, slots=True)
class Later:
    """In place of a value that is given when the statement is run: the `place`th one of the `site`th list of arguments."""

    site: int
    place: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement's text and where each of its parameters comes from, to be run for any viewer with the same rights."""

    text: str
    sources: tuple[tuple[str | None, object], ...]

    def values(self, viewer: Viewer, given: Sequence[Sequence[object]]) -> list[object]:
        """The parameters, for this viewer and these arguments."""
        return [
            _listed(getattr(viewer, attribute))
            if attribute is not None
            else _listed(given[held.site][held.place] if type(held) is Later else held)
            for attribute, held in self.sources
        ]


class Binds:
    """Collects parameters while a statement is rendered, and hands out fresh table aliases.

    Values of the viewer are bound by name, so one rendered text serves every viewer with the same rights. A part that is rendered
    and then dropped (`TRUE OR …`) takes its parameters with it: places are numbered at the end, by what the text still holds.
    """

    def __init__(self) -> None:
        self._slots: list[tuple[bool, object]] = []
        self._of_viewer: dict[str, str] = {}
        self._aliases = 0
        self.look = Look.ROW

    def value(self, value: object) -> str:
        """The placeholder of a value."""
        self._slots.append((False, value))
        return f"⟦{len(self._slots) - 1}⟧"

    def viewer(self, attribute: str) -> str:
        """The placeholder of one of the viewer's own values, such as `staff`; bound once however often it is used."""
        if attribute not in self._of_viewer:
            self._slots.append((True, attribute))
            self._of_viewer[attribute] = f"⟦{len(self._slots) - 1}⟧"
        return self._of_viewer[attribute]

    @contextmanager
    def looking(self, look: Look) -> Iterator[None]:
        """What is rendered inside is tested on so many rows."""
        before, self.look = self.look, look
        try:
            yield
        finally:
            self.look = before

    def exists(self, body: str) -> str:
        """`EXISTS (SELECT FROM body)`, asked row by row unless the whole table is looked at.

        Left alone, PostgreSQL may read all that is shared with a viewer into a hash (10,000 shares: 18 ms) to answer for a page
        of 50 rows. OFFSET keeps it from that; for a count over the whole table the hash is right.
        """
        return f"EXISTS (SELECT FROM {body}{'' if self.look is Look.TABLE else ' OFFSET 0'})"

    def alias(self) -> str:
        """A table alias that nothing else in the statement has."""
        self._aliases += 1
        return f"t{self._aliases}"

    def prepared(self, text: str) -> Prepared:
        """The text with `$1, $2, …` in place of the placeholders, and what each of them stands for."""
        places: dict[int, int] = {}
        numbered = _MARK.sub(lambda mark: f"${places.setdefault(int(mark[1]), len(places) + 1)}", text)
        slots = [self._slots[slot] for slot in places]
        return Prepared(numbered, tuple((str(held), None) if of_viewer else (None, held) for of_viewer, held in slots))

    def statement(self, text: str, viewer: Viewer) -> tuple[str, list[object]]:
        """The numbered text, and the values in its order for this viewer."""
        prepared = self.prepared(text)
        return prepared.text, prepared.values(viewer, ())


def _listed(value: object) -> object:
    return list(value) if type(value) is tuple else value


class BindsOf(Binds):
    """The binds of a statement about several viewers, for the part about one of them: their values are bound as they are."""

    def __init__(self, shared: Binds, one: Viewer) -> None:
        super().__init__()
        self._shared, self._one = shared, one

    def value(self, value: object) -> str:
        """The placeholder of a value, in the whole statement."""
        return self._shared.value(value)

    def viewer(self, attribute: str) -> str:
        """The placeholder of one of this viewer's own values."""
        if attribute not in self._of_viewer:
            self._of_viewer[attribute] = self._shared.value(getattr(self._one, attribute))
        return self._of_viewer[attribute]

    def alias(self) -> str:
        """A table alias that nothing else in the whole statement has."""
        return self._shared.alias()
