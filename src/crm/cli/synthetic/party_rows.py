"""Rows of parties and of all that belongs to them, as they are written in bulk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class PartyRow(NamedTuple):
    """客户、渠道、供应商."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    owner_id: UUID | None
    department_id: UUID | None
    type: str
    name: str
    short_name: str | None
    name_key: str
    normalised_name: str
    credit_code: str | None
    level_id: UUID | None
    category_id: UUID | None
    source_id: UUID | None
    industry_id: UUID | None
    region_id: UUID | None
    credit_grade_id: UUID | None
    credit_limit: Decimal | None
    payment_terms_days: int | None
    website: str | None
    lifecycle: str
    parent_id: UUID | None
    last_contact_at: datetime | None
    next_contact_at: datetime | None
    contact_cycle_days: int | None
    note: str | None
    version: int = 1
    deleted_at: datetime | None = None
    deleted_by_id: UUID | None = None


class ContactRow(NamedTuple):
    """联系人."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    owner_id: UUID | None
    department_id: UUID | None
    party_id: UUID
    name: str
    name_key: str
    title: str
    department_name: str
    primary: bool
    birthday_on: date | None
    version: int = 1
    deleted_at: datetime | None = None
    deleted_by_id: UUID | None = None


class PhoneNumberRow(NamedTuple):
    """电话号码."""

    id: UUID
    party_id: UUID | None
    contact_id: UUID | None
    position: int
    label: str
    primary: bool
    written: str
    e164: str | None
    extension: str | None
    tail: int | None
    display: str


class EmailAddressRow(NamedTuple):
    """电子邮件地址."""

    id: UUID
    party_id: UUID | None
    contact_id: UUID | None
    position: int
    label: str
    primary: bool
    address: str


class AddressRow(NamedTuple):
    """地址."""

    id: UUID
    party_id: UUID | None
    contact_id: UUID | None
    position: int
    label: str
    primary: bool
    country: str
    region_id: UUID | None
    street: str
    city: str
    postal_code: str


class ActivityRow(NamedTuple):
    """活动."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    version: int
    owner_id: UUID | None
    department_id: UUID | None
    kind: str
    subject: str
    content: str | None
    party_id: UUID
    contact_id: UUID | None
    planned_at: datetime | None
    done_at: datetime | None
    status: str
    outcome: str | None
    next_step: str | None
    outcome_option_id: UUID | None = None
    deleted_at: datetime | None = None
    deleted_by_id: UUID | None = None


class ParticipantRow(NamedTuple):
    """Somebody who takes part in an activity."""

    id: UUID
    activity_id: UUID
    user_id: UUID | None
    contact_id: UUID | None
    position: int
