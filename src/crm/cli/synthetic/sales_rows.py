"""Rows of opportunities, contracts and deliveries, as they are written in bulk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class OpportunityRow(NamedTuple):
    """销售机会."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    title: str
    party_id: UUID
    contact_id: UUID | None
    pipeline_id: UUID
    stage_id: UUID
    status: str
    amount: Decimal
    currency: str
    probability: int
    weighted_amount: Decimal
    expected_close_on: date
    closed_at: datetime | None
    lost_reason_id: UUID | None
    lost_note: str | None
    won_reason_id: UUID | None = None
    hold_reason_id: UUID | None = None
    resume_on: date | None = None
    deleted_at: datetime | None = None
    deleted_by_id: UUID | None = None


class StageChangeRow(NamedTuple):
    """One stay in a stage."""

    id: UUID
    opportunity_id: UUID
    stage_id: UUID
    entered_at: datetime
    left_at: datetime | None
    amount: Decimal
    changed_by_id: UUID | None


class ContractRow(NamedTuple):
    """合同."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    number: str
    status: str
    submitted_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None
    currency: str
    exchange_rate: Decimal
    title: str
    kind: str
    party_id: UUID
    contact_id: UUID | None
    opportunity_id: UUID | None
    amount: Decimal
    signed_on: date | None
    starts_on: date
    ends_on: date
    our_signer_id: UUID | None
    their_signer: str | None
    approved_by_id: UUID | None
    approved_at: datetime | None
    reject_reason: str | None
    deleted_at: datetime | None = None
    deleted_by_id: UUID | None = None


class DeliveryRow(NamedTuple):
    """发货单."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    number: str
    status: str
    cancelled_at: datetime | None
    cancel_reason: str | None
    currency: str
    exchange_rate: Decimal
    party_id: UUID
    contact_id: UUID | None
    contract_id: UUID | None
    recipient: str | None
    phone: str | None
    address: str | None
    courier: str | None
    waybill: str | None
    shipped_on: date | None
    delivered_at: datetime | None
    returned_at: datetime | None
    return_reason: str | None
    freight: Decimal | None
    freight_payer: str | None


class DeliveryLineRow(NamedTuple):
    """One thing that is sent."""

    id: UUID
    delivery_id: UUID
    position: int
    product: str
    quantity: Decimal
    unit: str
