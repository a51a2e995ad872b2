"""Rows that hang on records of any kind: tags, shares, the change log."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class TagRow(NamedTuple):
    """标签."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    name: str
    colour: str
    version: int = 1


class RecordTagRow(NamedTuple):
    """A tag on a record."""

    record_id: UUID
    record_kind: int
    tag_id: UUID


class ShareRow(NamedTuple):
    """共享."""

    id: UUID
    record_id: UUID
    record_kind: int
    principal_id: UUID
    access: str
    cause: str
    granted_by_id: UUID | None
    created_at: datetime
    expires_at: datetime | None = None


class ChangeRow(NamedTuple):
    """变更记录. `changes` is JSON."""

    id: UUID
    record_id: UUID
    record_kind: int
    party_id: UUID | None
    entity: str
    verb: str
    actor_id: UUID | None
    channel: str
    request_id: str
    at: datetime
    changes: str
