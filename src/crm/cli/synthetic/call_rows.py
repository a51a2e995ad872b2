"""Rows of calls and of all that belongs to them, as they are written in bulk."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class CallRow(NamedTuple):
    """来电."""

    id: UUID
    created_at: datetime
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    source: str
    external_id: str
    direction: str
    state: str
    number_raw: str | None
    number_e164: str | None
    number_extension: str | None
    number_tail: int | None
    number_display: str | None
    line: str | None
    ring_group_id: UUID | None
    ringing_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    claimed_by_id: UUID | None
    claimed_at: datetime | None
    party_id: UUID | None
    contact_id: UUID | None
    activity_id: UUID | None
    call_back_id: UUID | None
    disposition_id: UUID | None
    note: str | None
    filed_at: datetime | None
    cause: str | None
    ring_seconds: int
    talk_seconds: int | None
    blocked: bool = False


class CallCandidateRow(NamedTuple):
    """Somebody whose telephone it rang."""

    id: UUID
    call_id: UUID
    user_id: UUID
    position: int


class CallMatchRow(NamedTuple):
    """Somebody it may be from."""

    id: UUID
    call_id: UUID
    position: int
    score: int
    reason: str
    party_id: UUID
    contact_id: UUID | None
    owner_id: UUID | None


class CallEventRow(NamedTuple):
    """One thing known of it. The database numbers these by itself."""

    call_id: UUID
    source: str
    key: str
    signal: str
    at: datetime
    agent_id: UUID | None
    cause: str | None
    screen: bool
    received_at: datetime
