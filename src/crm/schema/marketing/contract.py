"""Contracts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.marketing.contract_flow import CONTRACT_FLOW
from crm.schema.marketing.enums import ContractKind, ContractStatus, ContractVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "contract",
    entity="contract",
    label="number",
    order="-created_at",
    description="A contract with a customer, channel or supplier (合同).",
)
class Contract(OwnedRecord):
    """合同."""

    number: str = column("Its number, such as CT-2026-000001: gapless, for good (合同编号).")
    title: str = column("What it is called (合同名称).")
    kind: ContractKind = column("What it is about (合同类型).")
    status: ContractStatus = column("Where it stands (合同状态).")
    amount: Decimal | None = column("What it is worth, in its currency (合同金额).", sort=True)
    currency: str = column("ISO 4217, such as CNY (币种).")
    exchange_rate: Decimal | None = column("What one unit is worth in the organisation's currency (汇率).")
    signed_on: date | None = column("When it was signed (签订日期).", sort=True)
    starts_on: date | None = column("Its first day (开始日期).")
    ends_on: date | None = column("Its last day (结束日期).", sort=True)
    their_signer: str | None = column("Who signs for the other side (对方签约人).")
    submitted_at: datetime | None = column("When it was last submitted (提交时间).")
    approved_at: datetime | None = column("When it was approved (批准时间).")
    reject_reason: str | None = column("Why it was rejected (驳回原因).", filterable=False)
    cancelled_at: datetime | None = column("When it was terminated (终止时间).")
    cancel_reason: str | None = column("Why it was terminated (终止原因).", filterable=False)
    note: str | None = column("Anything else (备注).", filterable=False)
    party = related("customers.Party", "party_id", "With whom (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    opportunity = related("customers.Opportunity", "opportunity_id", "What it came of (销售机会).")
    our_signer = related("system.User", "our_signer_id", "Who signs for us (我方签约人).", card=True)
    approved_by = related("system.User", "approved_by_id", "Who approved it (批准人).", card=True)
    projects = related_list("customers.Project", "contract_id", "The projects that carry it out (项目).")
    activities = related_list("customers.Activity", "contract_id", "What is planned and was done about it (活动).")
    deliveries = related_list("trade.Delivery", "contract_id", "What was sent under it (发货单).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[ContractVerb]:
        """The verbs that the flow table allows from here."""
        return [ContractVerb(verb) for verb in CONTRACT_FLOW.verbs(ContractStatus(root.record["status"]))]


ContractFilter = filter_of(Contract)
ContractOrder = order_of(Contract)
ContractPayload = payload_of(Contract)


@strawberry.input(description="What creation and update of a contract have in common.")
class ContractValues(OwnedValues):
    """Everything but the party, the owner and the status, which the verbs change."""

    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With whom there; of that party.")
    opportunity_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="What it came of; of that party.")
    amount: strawberry.Maybe[Decimal] = strawberry.field(description="What it is worth; not negative (合同金额).")
    currency: strawberry.Maybe[str] = strawberry.field(description="Three capital letters, such as CNY (币种).")
    exchange_rate: strawberry.Maybe[Decimal] = strawberry.field(
        description="What one unit is worth in the organisation's currency; above zero, by default 1 (汇率)."
    )
    starts_on: strawberry.Maybe[date | None] = strawberry.field(description="Its first day (开始日期).")
    ends_on: strawberry.Maybe[date | None] = strawberry.field(description="Its last day, not before the first (结束日期).")
    our_signer_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Who signs for us (我方签约人).")
    their_signer: strawberry.Maybe[str | None] = strawberry.field(description="Who signs for the other side (对方签约人).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="The values of a contract in state DRAFT or REJECTED. Absent fields stay as they are; null clears.")
class ContractUpdateInput(ContractValues):
    """What an update takes."""

    title: strawberry.Maybe[str] = strawberry.field(description="What it is called (合同名称).")
    kind: strawberry.Maybe[ContractKind] = strawberry.field(description="What it is about (合同类型).")


@strawberry.input(description="A new contract, a draft.")
class ContractCreateInput(ContractValues):
    """Title, kind and party must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What it is called (合同名称).")
    kind: ContractKind = strawberry.field(description="What it is about (合同类型).")
    party_id: strawberry.ID = strawberry.field(description="With whom; never changes (单位).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")
