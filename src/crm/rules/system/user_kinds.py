"""What sort of user somebody is."""

from __future__ import annotations

from enum import StrEnum


class UserKind(StrEnum):
    """STAFF work here (员工); CHANNEL people work for a partner (渠道用户) and see only what is assigned or shared to them."""

    STAFF = "STAFF"
    CHANNEL = "CHANNEL"
