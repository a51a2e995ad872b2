"""Rows of projects, maintenance and service cases, as they are written in bulk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class ProjectRow(NamedTuple):
    """项目."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    number: str
    title: str
    status: str
    party_id: UUID
    contact_id: UUID | None
    opportunity_id: UUID | None
    starts_on: date
    due_on: date
    budget: Decimal
    cost: Decimal
    started_at: datetime | None
    completed_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    hold_reason: str | None


class MaintenanceRow(NamedTuple):
    """后期维护."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    title: str
    status: str
    party_id: UUID
    contact_id: UUID | None
    delivery_id: UUID | None
    project_id: UUID | None
    product: str | None
    warranty_ends_on: date
    due_on: date
    done_at: datetime | None
    result: str | None
    cost: Decimal | None


class ServiceCaseRow(NamedTuple):
    """服务单."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    number: str
    subject: str
    status: str
    priority: str
    type_id: UUID | None
    product: str | None
    party_id: UUID
    contact_id: UUID | None
    pending_at: datetime | None
    pending_reason: str | None
    resolution: str | None
    resolved_at: datetime | None
    closed_at: datetime | None
    satisfaction: int | None
    reopened_count: int
    clock_started_at: datetime
    first_responded_at: datetime | None
    paused_seconds: int
    sla_policy_id: UUID | None
    policy_version: int | None
    calendar_version: int | None
    response_due_at: datetime | None
    resolution_due_at: datetime | None
    response_breached: bool
    resolution_breached: bool
    escalation_level: int
    escalate_at: datetime | None
