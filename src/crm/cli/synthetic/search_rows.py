"""Rows of the search centre, as they are written in bulk."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID


class SearchEntryRow(NamedTuple):
    """检索条目."""

    record_id: UUID
    record_kind: int
    party_id: UUID | None
    format: int
    tokens: frozenset[str]
