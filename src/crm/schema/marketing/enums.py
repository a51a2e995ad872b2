"""The enums of marketing, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.marketing.contract_flow import ContractKind, ContractStatus, ContractVerb

strawberry.enum(ContractKind, description="What a contract is about (合同类型).")
strawberry.enum(ContractStatus, description="Where a contract stands, from draft to completion (合同状态).")
strawberry.enum(ContractVerb, description="What can be done with a contract next.")

__all__ = ["ContractKind", "ContractStatus", "ContractVerb"]
