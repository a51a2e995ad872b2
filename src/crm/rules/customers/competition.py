"""Competitors (竞争对手) in a record of the sales process: where each of them stands."""

from __future__ import annotations

from enum import StrEnum


class CompetitionState(StrEnum):
    """Where a competitor stands (竞争状态)."""

    ACTIVE = "ACTIVE"  # 竞争中
    WITHDRAWN = "WITHDRAWN"  # 已退出
    BEATEN = "BEATEN"  # 已击败
    WON = "WON"  # 对手中标
