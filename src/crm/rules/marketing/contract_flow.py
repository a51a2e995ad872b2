"""Contracts (合同): their kinds, and the way from draft to completion."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class ContractKind(StrEnum):
    """What a contract is about (合同类型)."""

    SALES = "SALES"  # 销售
    PURCHASE = "PURCHASE"  # 采购
    SERVICE = "SERVICE"  # 服务
    FRAMEWORK = "FRAMEWORK"  # 框架
    OTHER = "OTHER"  # 其他


class ContractStatus(StrEnum):
    """Where a contract stands (合同状态)."""

    DRAFT = "DRAFT"  # 草稿
    IN_REVIEW = "IN_REVIEW"  # 审批中
    APPROVED = "APPROVED"  # 已批准
    SIGNED = "SIGNED"  # 已签订
    ACTIVE = "ACTIVE"  # 执行中
    COMPLETED = "COMPLETED"  # 已完成
    REJECTED = "REJECTED"  # 已驳回
    TERMINATED = "TERMINATED"  # 已终止
    EXPIRED = "EXPIRED"  # 已到期


class ContractVerb(StrEnum):
    """What can be done to a contract."""

    SUBMIT = "SUBMIT"  # 提交
    APPROVE = "APPROVE"  # 批准
    REJECT = "REJECT"  # 驳回
    WITHDRAW = "WITHDRAW"  # 撤回
    SIGN = "SIGN"  # 签订
    ACTIVATE = "ACTIVATE"  # 生效
    COMPLETE = "COMPLETE"  # 完成
    TERMINATE = "TERMINATE"  # 终止
    EXPIRE = "EXPIRE"  # 到期


CONTRACT_FLOW = Flow(
    "Contract",
    ContractStatus,
    ContractVerb,
    {
        (ContractStatus.DRAFT, ContractVerb.SUBMIT): ContractStatus.IN_REVIEW,
        (ContractStatus.IN_REVIEW, ContractVerb.APPROVE): ContractStatus.APPROVED,
        (ContractStatus.IN_REVIEW, ContractVerb.REJECT): ContractStatus.REJECTED,
        (ContractStatus.IN_REVIEW, ContractVerb.WITHDRAW): ContractStatus.DRAFT,
        (ContractStatus.REJECTED, ContractVerb.SUBMIT): ContractStatus.IN_REVIEW,
        (ContractStatus.APPROVED, ContractVerb.SIGN): ContractStatus.SIGNED,
        (ContractStatus.SIGNED, ContractVerb.ACTIVATE): ContractStatus.ACTIVE,
        (ContractStatus.SIGNED, ContractVerb.TERMINATE): ContractStatus.TERMINATED,
        (ContractStatus.SIGNED, ContractVerb.EXPIRE): ContractStatus.EXPIRED,
        (ContractStatus.ACTIVE, ContractVerb.COMPLETE): ContractStatus.COMPLETED,
        (ContractStatus.ACTIVE, ContractVerb.TERMINATE): ContractStatus.TERMINATED,
        (ContractStatus.ACTIVE, ContractVerb.EXPIRE): ContractStatus.EXPIRED,
    },
)

EDITABLE = frozenset({ContractStatus.DRAFT, ContractStatus.REJECTED})
"""Where its fields can be changed: what somebody approved, or is looking at, stays as they saw it."""
