"""Stakeholders (影响者): what part somebody at the party plays in a decision, and how they are disposed."""

from __future__ import annotations

from enum import StrEnum


class StakeholderRole(StrEnum):
    """What part they play in the decision (影响者角色)."""

    DECISION_MAKER = "DECISION_MAKER"  # 决策者
    APPROVER = "APPROVER"  # 审批者
    INFLUENCER = "INFLUENCER"  # 影响者
    EVALUATOR = "EVALUATOR"  # 评估者
    USER = "USER"  # 使用者
    BUYER = "BUYER"  # 采购者
    GATEKEEPER = "GATEKEEPER"  # 把关者
    OTHER = "OTHER"  # 其他


class Attitude(StrEnum):
    """How somebody is disposed towards us (态度)."""

    CHAMPION = "CHAMPION"  # 教练
    SUPPORTER = "SUPPORTER"  # 支持
    NEUTRAL = "NEUTRAL"  # 中立
    SCEPTIC = "SCEPTIC"  # 怀疑
    OPPONENT = "OPPONENT"  # 反对
    UNKNOWN = "UNKNOWN"  # 未知
