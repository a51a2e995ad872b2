"""How a service case (服务单) is taken on, waits for the customer, is resolved and closed."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class CasePriority(StrEnum):
    """How urgent a case is (优先级): low (低), normal (中), high (高), urgent (紧急)."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    URGENT = "URGENT"


class CaseStatus(StrEnum):
    """Where a case stands (服务单状态)."""

    NEW = "NEW"  # 新建
    ASSIGNED = "ASSIGNED"  # 处理中
    PENDING = "PENDING"  # 等待客户
    RESOLVED = "RESOLVED"  # 已解决
    CLOSED = "CLOSED"  # 已关闭
    REJECTED = "REJECTED"  # 已拒绝


class CaseVerb(StrEnum):
    """What can be done to a case."""

    ACCEPT = "ACCEPT"  # 接单
    ASSIGN = "ASSIGN"  # 派单
    RESPOND = "RESPOND"  # 响应
    PEND = "PEND"  # 挂起
    RESUME = "RESUME"  # 恢复处理
    RESOLVE = "RESOLVE"  # 解决
    CLOSE = "CLOSE"  # 关闭
    REJECT = "REJECT"  # 拒绝
    REOPEN = "REOPEN"  # 重新打开


SERVICE_CASE_FLOW = Flow(
    "ServiceCase",
    CaseStatus,
    CaseVerb,
    {
        (CaseStatus.NEW, CaseVerb.ACCEPT): CaseStatus.ASSIGNED,
        (CaseStatus.NEW, CaseVerb.ASSIGN): CaseStatus.ASSIGNED,
        (CaseStatus.NEW, CaseVerb.REJECT): CaseStatus.REJECTED,
        (CaseStatus.ASSIGNED, CaseVerb.ASSIGN): CaseStatus.ASSIGNED,
        (CaseStatus.ASSIGNED, CaseVerb.RESPOND): CaseStatus.ASSIGNED,
        (CaseStatus.ASSIGNED, CaseVerb.PEND): CaseStatus.PENDING,
        (CaseStatus.ASSIGNED, CaseVerb.RESOLVE): CaseStatus.RESOLVED,
        (CaseStatus.ASSIGNED, CaseVerb.REJECT): CaseStatus.REJECTED,
        (CaseStatus.PENDING, CaseVerb.ASSIGN): CaseStatus.PENDING,
        (CaseStatus.PENDING, CaseVerb.RESUME): CaseStatus.ASSIGNED,
        (CaseStatus.PENDING, CaseVerb.RESOLVE): CaseStatus.RESOLVED,
        (CaseStatus.RESOLVED, CaseVerb.CLOSE): CaseStatus.CLOSED,
        (CaseStatus.RESOLVED, CaseVerb.REOPEN): CaseStatus.ASSIGNED,
        (CaseStatus.CLOSED, CaseVerb.REOPEN): CaseStatus.ASSIGNED,
        (CaseStatus.REJECTED, CaseVerb.REOPEN): CaseStatus.ASSIGNED,
    },
)

TICKING = frozenset({CaseStatus.NEW, CaseStatus.ASSIGNED})
"""Where the clock of what was promised to the customer runs: while we wait for them it stands still."""

ANSWERS = frozenset({CaseVerb.RESPOND, CaseVerb.PEND, CaseVerb.RESOLVE})
"""Verbs by which the customer hears from us: the first of them is the response."""
