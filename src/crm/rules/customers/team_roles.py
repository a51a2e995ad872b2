"""What somebody does on the team (团队) of a record of the sales process."""

from __future__ import annotations

from enum import StrEnum


class TeamRole(StrEnum):
    """What somebody does on a team (团队角色)."""

    LEAD = "LEAD"  # 负责
    SALES = "SALES"  # 销售
    PRESALES = "PRESALES"  # 售前
    TECHNICAL = "TECHNICAL"  # 技术
    DELIVERY = "DELIVERY"  # 实施
    SUPPORT = "SUPPORT"  # 支持
    OBSERVER = "OBSERVER"  # 旁观
    OTHER = "OTHER"  # 其他
