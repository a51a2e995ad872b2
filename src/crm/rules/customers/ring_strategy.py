"""How a ring group rings (振铃策略). The switchboard does it; here it is written down for people."""

from __future__ import annotations

from enum import StrEnum


class RingStrategy(StrEnum):
    """Whose telephone rings first."""

    RING_ALL = "RING_ALL"  # 同时振铃
    ROUND_ROBIN = "ROUND_ROBIN"  # 轮流振铃
    LEAST_RECENT = "LEAST_RECENT"  # 最久空闲
    IN_ORDER = "IN_ORDER"  # 顺序振铃
