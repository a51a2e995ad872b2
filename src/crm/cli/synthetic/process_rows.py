"""Rows of what hangs on opportunities, of competitors and of forecasts, as they are written in bulk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class CompetitorRow(NamedTuple):
    """竞争对手."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    name: str
    name_key: str
    strengths: str
    weaknesses: str
    version: int = 1


class StakeholderRow(NamedTuple):
    """影响者."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    opportunity_id: UUID
    contact_id: UUID
    role: str
    attitude: str
    influence_note: str | None
    version: int = 1


class TeamMemberRow(NamedTuple):
    """团队成员."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    opportunity_id: UUID
    user_id: UUID
    role: str
    access: str
    version: int = 1


class ProcessTaskRow(NamedTuple):
    """任务."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    opportunity_id: UUID
    title: str
    status: str
    assignee_id: UUID | None
    due_on: date
    done_at: datetime | None
    position: int
    version: int = 1


class CompetitionRow(NamedTuple):
    """竞争情况."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    opportunity_id: UUID
    competitor_id: UUID
    state: str
    price: Decimal | None
    version: int = 1


class ForecastSnapshotRow(NamedTuple):
    """预测快照."""

    id: UUID
    week_on: date
    owner_id: UUID | None
    department_id: UUID | None
    pipeline_id: UUID
    month_on: date | None
    status: str
    currency: str
    opportunity_count: int
    amount: Decimal
    weighted_amount: Decimal
    taken_at: datetime
