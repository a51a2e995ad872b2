"""Segments in filters: the stored filter of a dynamic one is asked again each time, with the rights of whoever reads.

Filters name segments by their ids, and what those hold stands in the database. So they are read before a filter is judged
(`named_in`), all that an operation names and all that these name in turn, as far as the viewer may see them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from strawberry.types.base import get_object_definition

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.conditions import Compare, Condition, Every, MemberOf, Not, Operator, Related, Some, Standing, Valued
from crm.access.grants import Rights
from crm.access.segments import MOST_LEVELS, SavedFilter, named_segments, saved_filter
from crm.core.clock import print_instant
from crm.core.errors import BadUserInput
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.graph.context import Operation
from crm.graph.nouns import Noun, nouns

NAME = "inSegment"
MOST_CONDITIONS = 500
"""Conditions that the segments of one filter come to, those within segments counted as often as they stand there."""

Judge = Callable[..., Condition]


@dataclass(frozen=True, slots=True)
class Segments:
    """What is known of segments while a filter is judged; `within` are those whose own filter that is.

    Each is judged once, however often it is named, and counts as often: `spent` are the conditions that it came to so far.
    """

    saved: Mapping[UUID, SavedFilter] = field(default_factory=dict)
    within: tuple[UUID, ...] = ()
    _known: dict[UUID, Condition] = field(default_factory=dict)
    _spent: list[int] = field(default_factory=list)

    def anew(self) -> Segments:
        """The same for another filter."""
        return Segments(self.saved)

    def condition(self, entry: Noun, wanted: Any, rights: Rights, judge: Judge) -> Condition:
        """The rows of a noun that are in a segment. One that is not there, or not the viewer's to see, holds nothing."""
        key = parse_id(wanted, Kind.SEGMENT) if isinstance(wanted, str) else None
        found = None if key is None else self.saved.get(key)
        if found is None or key is None:
            if self.within:
                raise BadUserInput("The segment is made of another that is gone, or that you may not see.")
            return Some(())
        noun = noun_held(found.holds)
        if noun is not entry and noun not in entry.variants.values():
            raise BadUserInput(f"`{NAME}`: this segment holds {found.holds.lower()}s.")
        fixed = [Compare(column, Operator.EQ, value) for column, value in noun.source.fixed if noun is not entry]
        inner = MemberOf(key) if found.filter is None else self._asked_again(found, noun, rights, judge)
        return Every((*fixed, Standing(named("segment"), key), inner))

    def _asked_again(self, found: SavedFilter, noun: Noun, rights: Rights, judge: Judge) -> Condition:
        if found.id not in self._known:
            self._known[found.id] = self._judged(found, noun, rights, judge)
        if not self.within:
            self._spent.append(MOST_CONDITIONS - _count(self._known[found.id], MOST_CONDITIONS))
            _refuse_more(sum(self._spent))
        return self._known[found.id]

    def _judged(self, found: SavedFilter, noun: Noun, rights: Rights, judge: Judge) -> Condition:
        if found.id in self.within or len(self.within) >= MOST_LEVELS:
            raise BadUserInput(f"Segments are made of each other over more than {MOST_LEVELS} levels.")
        try:
            stored = orjson.loads(found.filter or b"{}")
            inner = judge(noun, stored, rights, 1, Segments(self.saved, (*self.within, found.id), self._known))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadUserInput("The segment asks for something that no longer exists.") from error
        refuse_bomb(inner)
        return inner


def refuse_bomb(condition: Condition) -> None:
    """Segments made of segments could come to millions of conditions."""
    _refuse_more(MOST_CONDITIONS - _count(condition, MOST_CONDITIONS))


def _refuse_more(conditions: int) -> None:
    if conditions > MOST_CONDITIONS:
        raise BadUserInput(f"The segments come to more than {MOST_CONDITIONS} conditions.")


def noun_held(holds: str) -> Noun:
    """The noun whose records a segment holds, by the name that is stored of it."""
    return next(entry for entry in nouns() if entry.segmented and entry.name.upper() == holds)


def ids_in(wanted: Any) -> Iterator[UUID]:
    """The segments that a filter names, at any depth: of Strawberry's input, or of plain data."""
    waiting = [wanted]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict) or get_object_definition(each) is not None:
            pairs = each.items() if isinstance(each, dict) else _given(each).items()
            for name, value in pairs:
                if name == NAME and isinstance(value, str):
                    yield parse_id(value, Kind.SEGMENT) or UUID(int=0)  # a malformed one is an unknown one
                elif isinstance(value, dict | list) or get_object_definition(value) is not None:
                    waiting.append(value)


async def named_in(operation: Operation, ids: Sequence[UUID]) -> Segments:
    """What the viewer sees of these segments and of all that they are made of, by one statement; of none by no statement."""
    if not ids:
        return Segments()

    def render(rights: Rights, binds: Binds) -> str:
        return named_segments(ids, rights, binds)

    rows = await operation.fetch(render)
    return Segments({row["id"]: saved_filter(row) for row in rows if row["id"] is not None})


def stored_form(wanted: Any) -> Any:
    """A filter as plain data that JSON can hold, in the names of the schema."""
    if isinstance(wanted, list):
        return [stored_form(each) for each in wanted]
    if isinstance(wanted, Enum):
        return wanted.value
    if isinstance(wanted, Decimal):
        return f"{wanted:f}"
    if isinstance(wanted, datetime):
        return print_instant(wanted)
    if isinstance(wanted, date):
        return wanted.isoformat()
    if isinstance(wanted, str | int | bool | None):
        return wanted
    return {name: stored_form(value) for name, value in _given(wanted).items()}


def _count(condition: Condition, left: int) -> int:
    """How many conditions may still come after this one; below zero it is not counted on."""
    left -= 1
    parts: tuple[Condition, ...] = ()
    match condition:
        case Every(parts=within) | Some(parts=within):
            parts = within
        case Not(part=part) | Related(part=part) | Valued(part=part):
            parts = (part,)
    for part in parts:
        if left < 0:
            return left
        left = _count(part, left)
    return left


def _given(value: Any) -> dict[str, Any]:
    from crm.graph.filters import given  # filters name segments, and segments are filters

    return given(value)
