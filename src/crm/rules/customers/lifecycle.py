"""What a party is to us, and how far the relation has come."""

from __future__ import annotations

from enum import StrEnum


class PartyType(StrEnum):
    """The three parties we deal with (往来单位): they share one core and one table."""

    CUSTOMER = "CUSTOMER"  # 客户
    CHANNEL = "CHANNEL"  # 渠道
    SUPPLIER = "SUPPLIER"  # 供应商


class Lifecycle(StrEnum):
    """How far the relation with a party has come (生命周期), from a first sign of interest to lost."""

    LEAD = "LEAD"  # 线索
    PROSPECT = "PROSPECT"  # 潜在客户
    ACTIVE = "ACTIVE"  # 活跃客户
    DORMANT = "DORMANT"  # 休眠客户
    LOST = "LOST"  # 流失客户
