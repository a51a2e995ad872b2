"""Values of custom fields, as they are written in bulk."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID


class CustomValueRow(NamedTuple):
    """自定义字段值. In the column of its type."""

    id: UUID
    field_id: UUID
    record_id: UUID
    record_kind: int
    text: str | None = None
    text_key: str | None = None
    number: Decimal | None = None
    day: date | None = None
    yes_no: bool | None = None
    option_id: UUID | None = None
    position: int = 0
