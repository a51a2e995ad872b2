"""What a document costs, as a formula in its variables: made once with the document, worked out for each request.

The formula is a short program. Each line is a constant and a sum of products (how many rows) × (what each of them costs); costs
are numbers, or lines above. Whatever needs no variable is a number already, so most documents have no line at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.core.paging import DEFAULT_PAGE, MAX_PAGE

CEILING = 10**9
"""Costs stop growing here. A document of doubling fragments would have thousands of digits else."""


@dataclass(frozen=True, slots=True)
class Line:
    """The value of a line of the program."""

    number: int


Cost = int | Line
Size = int | tuple[int | str, ...]
"""How many rows: a number, or what `last` and `first` say, in this order: numbers and names of variables."""
Part = tuple[Size, Cost]


class Formula:
    """The program of one document; its operations and fragments share the lines."""

    __slots__ = ("lines",)

    def __init__(self) -> None:
        self.lines: list[tuple[int, tuple[Part, ...]]] = []

    def sum(self, base: int, parts: Sequence[Part]) -> Cost:
        """`base` and all parts together; a new line only where a variable has a say in it."""
        waiting: list[Part] = []
        for size, cost in parts:
            if isinstance(size, int) and isinstance(cost, int):
                base += size * cost
            elif cost != 0:
                waiting.append((size, cost))
        base = min(base, CEILING)
        if not waiting:
            return base
        self.lines.append((base, tuple(waiting)))
        return Line(len(self.lines) - 1)

    def worth(self, cost: Cost, variables: Mapping[str, Any]) -> int:
        """The number a cost comes to with these variables."""
        if isinstance(cost, int):
            return cost
        values: list[int] = []
        for base, parts in self.lines[: cost.number + 1]:
            total = base
            for size, each in parts:
                rows = size if isinstance(size, int) else _rows(size, variables)
                total += rows * (each if isinstance(each, int) else values[each.number])
            values.append(min(total, CEILING))
        return values[-1]


def page_size(choices: Sequence[int | str]) -> Size:
    """How many rows a page has at most that says so in these ways; the first that says anything counts."""
    if not choices:
        return DEFAULT_PAGE
    return tuple(choices) if isinstance(choices[0], str) else _clamped(choices[0])


def _rows(choices: tuple[int | str, ...], variables: Mapping[str, Any]) -> int:
    for choice in choices:
        given = variables.get(choice) if isinstance(choice, str) else choice
        if given is not None:
            return _clamped(given)
    return DEFAULT_PAGE


def _clamped(given: Any) -> int:
    """A size out of range is refused later, where the argument is read, and reads nothing."""
    return min(max(given, 1), MAX_PAGE) if isinstance(given, int) else DEFAULT_PAGE
