"""Filters that are to be kept: judged when they are saved, as they will be each time they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from crm.access.binds import Binds
from crm.access.conditions import Condition
from crm.access.segments import SavedFilter, named_segments, saved_filter
from crm.core.errors import BadUserInput, FieldForbidden, Forbidden, Invalid, NotFound
from crm.graph.filters import condition_of
from crm.graph.nouns import Noun
from crm.graph.segments import Segments, ids_in, noun_held, refuse_bomb
from crm.services.deeds import Deed

FILTER = ("input", "filter")


@dataclass(frozen=True, slots=True)
class JudgedFilter:
    """A filter that may be saved: as text, what it is of, and the segments it names."""

    text: str
    holds: str
    uses: list[UUID]


async def judged(deed: Deed, noun: Noun, stored: Any) -> JudgedFilter:
    """Refuse a filter that whoever saves it may not ask, or that nobody can."""
    uses = list(dict.fromkeys(ids_in(stored)))
    saved = await _saved(deed, uses)
    if set(uses) - set(saved):
        raise NotFound(FILTER)
    _asked(noun, lambda: condition_of(noun, stored, deed.viewer.rights, saved=Segments(saved)), deed, FILTER)
    return JudgedFilter(orjson.dumps(stored).decode(), noun.name.upper(), uses)


async def held_condition(deed: Deed, segment_id: UUID) -> tuple[Condition, Sequence[tuple[str, str]]]:
    """Whom a dynamic segment that was claimed holds now, for this viewer."""
    saved = await _saved(deed, [segment_id])
    noun, rights = noun_held(saved[segment_id].holds), deed.viewer.rights
    judge = Segments(saved)
    return _asked(noun, lambda: judge.condition(noun, str(segment_id), rights, condition_of), deed, ("id",)), noun.source.fixed


async def _saved(deed: Deed, ids: Sequence[UUID]) -> Mapping[UUID, SavedFilter]:
    if not ids:
        return {}
    binds = Binds()
    text, values = binds.statement(named_segments(ids, deed.viewer.rights, binds), deed.viewer)
    return {row["id"]: saved_filter(row) for row in await deed.rows(text, *values)}


def _asked(noun: Noun, judge: Any, deed: Deed, where: tuple[str, ...]) -> Condition:
    """What is refused in a list's filter is refused here too, as a value: the filter is part of an input."""
    if not noun.gate_open(deed.viewer.rights):
        raise Forbidden(f"No role of yours grants {noun.entity}.read.", where)
    try:
        condition: Condition = judge()
        refuse_bomb(condition)
    except FieldForbidden as error:
        raise Forbidden(error.message, where) from error
    except BadUserInput as error:
        raise Invalid(error.message, where) from error
    return condition
