"""Segments as whoever asks sees them: what is stored of those that a filter names, and of those that these are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.grants import Rights
from crm.access.predicates import readable

MOST_LEVELS = 5
"""Segments made of segments made of segments: nobody follows more."""


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """One segment: which records it holds, and its filter as JSON; None where its members stand in a table."""

    id: UUID
    holds: str
    filter: str | None


def saved_filter(row: Mapping[str, Any]) -> SavedFilter:
    """From a row of `named_segments`."""
    return SavedFilter(row["id"], row["holds"], row["asked"] if row["kind"] == "DYNAMIC" else None)


def named_segments(ids: Sequence[UUID], rights: Rights, binds: Binds) -> str:
    """The segments of these ids and all they are made of, those that the viewer may see."""
    wanted = binds.value(list(ids))
    return (
        f"WITH RECURSIVE used(id, level) AS (SELECT i, 0 FROM unnest({wanted}::uuid[]) i UNION"
        " SELECT u.used_id, used.level + 1 FROM used JOIN segment_use u ON u.segment_id = used.id"
        f" WHERE used.level < {MOST_LEVELS}) SELECT g.id, g.holds, g.kind, g.asked FROM segment g"
        f" WHERE g.id IN (SELECT id FROM used) AND {readable(named('segment'), 'g', rights, binds)}"
    )
