"""Bound parameters of one statement. Every value is bound; only names from our own metadata are ever pasted into SQL."""

from __future__ import annotations

import re

from crm.access.viewer import Viewer

_MARK = re.compile("⟦([0-9]+)⟧")


class Binds:
    """Collects parameters while a statement is rendered, and hands out fresh table aliases.

    Values of the viewer are bound by name, so one rendered text serves every viewer with the same rights. A part that is rendered
    and then dropped (`TRUE OR …`) takes its parameters with it: places are numbered at the end, by what the text still holds.
    """

    def __init__(self) -> None:
        self._slots: list[tuple[bool, object]] = []
        self._of_viewer: dict[str, str] = {}
        self._aliases = 0

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

    def alias(self) -> str:
        """A table alias that nothing else in the statement has."""
        self._aliases += 1
        return f"t{self._aliases}"

    def statement(self, text: str, viewer: Viewer) -> tuple[str, list[object]]:
        """The text with `$1, $2, …` in place of the placeholders, and the values in that order for this viewer."""
        places: dict[int, int] = {}
        numbered = _MARK.sub(lambda mark: f"${places.setdefault(int(mark[1]), len(places) + 1)}", text)
        return numbered, [self._value(slot, viewer) for slot in places]

    def _value(self, slot: int, viewer: Viewer) -> object:
        of_viewer, held = self._slots[slot]
        value = getattr(viewer, str(held)) if of_viewer else held
        return list(value) if isinstance(value, tuple) else value
