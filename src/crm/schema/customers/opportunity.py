"""Opportunities."""

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
from crm.rules.customers.opportunity_flow import OPPORTUNITY_FLOW
from crm.schema.customers.enums import OpportunityStatus, OpportunityVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "opportunity",
    entity="opportunity",
    label="title",
    order="-updated_at",
    description="What may be sold to a party, how likely, and when (销售机会).",
)
class Opportunity(OwnedRecord):
    """销售机会."""

    title: str = column("What it is about (机会名称).")
    status: OpportunityStatus = column("Open, won, lost or on hold (状态).")
    amount: Decimal | None = column("What it would bring, in its currency (金额).", sort=True)
    currency: str = column("ISO 4217, such as CNY (币种).")
    probability: int | None = column("How likely it is, in whole per cent (赢率).")
    expected_close_on: date | None = column("When it is expected to be decided (预计成交日期).", sort=True)
    closed_at: datetime | None = column("When it was won or lost (关闭时间).")
    lost_note: str | None = column("More on why it was lost (输单说明).", filterable=False)
    won_note: str | None = column("More on why it was won (赢单说明).", filterable=False)
    hold_note: str | None = column("More on why it was put aside (搁置说明).", filterable=False)
    resume_on: date | None = column("While on hold: when it is to be taken up again (预计恢复日期).")
    note: str | None = column("Anything else (备注).", filterable=False)
    party = related("customers.Party", "party_id", "To whom (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    pipeline = related("customers.Pipeline", "pipeline_id", "The pipeline it goes through (销售管道).", card=True)
    stage = related("customers.Stage", "stage_id", "How far it has come (阶段).", card=True)
    lost_reason = related("system.DictionaryItem", "lost_reason_id", "Dictionary `lost_reason` (输单原因).", card=True)
    won_reason = related("system.DictionaryItem", "won_reason_id", "Dictionary `won_reason` (赢单原因).", card=True)
    hold_reason = related("system.DictionaryItem", "hold_reason_id", "Dictionary `hold_reason` (搁置原因).", card=True)
    stage_history = related_list(
        "customers.StageChange", "opportunity_id", "Its stays in stages, the first one first (阶段历史)."
    )
    stakeholders = related_list("customers.Stakeholder", "opportunity_id", "Who at the party has a say in it (影响者).")
    team = related_list("customers.TeamMember", "opportunity_id", "Who works on it besides the owner (团队).")
    tasks = related_list("customers.ProcessTask", "opportunity_id", "What is to be done for it (任务).")
    competitors = related_list("customers.Competition", "opportunity_id", "Who wants the same business (竞争对手).")
    projects = related_list("customers.Project", "opportunity_id", "The project that it became: one at most (项目).")
    activities = related_list("customers.Activity", "opportunity_id", "What is planned and was done about it (活动).")
    assignments = related_list("customers.ChannelAssignment", "opportunity_id", "To which channels it was offered (机会分配).")
    contracts = related_list("marketing.Contract", "opportunity_id", "The contracts that came of it (合同).")

    @computed(
        "Amount times probability, rounded to the currency's digits (加权金额).",
        needs=("amount", "probability", "weighted_amount"),
    )
    def weighted_amount(root: Row) -> Decimal | None:
        """Hidden where one of the two is: it would tell them."""
        root.check("weighted_amount")
        found: Decimal = root.record["weighted_amount"]
        return found

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[OpportunityVerb]:
        """The verbs that the flow table allows from here."""
        return [OpportunityVerb(verb) for verb in OPPORTUNITY_FLOW.verbs(OpportunityStatus(root.record["status"]))]


OpportunityFilter = filter_of(Opportunity)
OpportunityOrder = order_of(Opportunity)
OpportunityPayload = payload_of(Opportunity)


@strawberry.input(description="What creation and update of an opportunity have in common.")
class OpportunityValues(OwnedValues):
    """Everything but stage and status, which the verbs change."""

    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With whom there; of that party.")
    amount: strawberry.Maybe[Decimal] = strawberry.field(description="What it would bring; not negative (金额).")
    currency: strawberry.Maybe[str] = strawberry.field(description="Three capital letters, such as CNY (币种).")
    probability: strawberry.Maybe[int] = strawberry.field(description="0 to 100 per cent; by default its stage's (赢率).")
    expected_close_on: strawberry.Maybe[date | None] = strawberry.field(description="When it is expected to be decided.")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="The values of an opportunity. Absent fields stay as they are; null clears.")
class OpportunityUpdateInput(OpportunityValues):
    """What an update takes."""

    title: strawberry.Maybe[str] = strawberry.field(description="What it is about (机会名称).")
    party_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="To whom; not once a contract refers to it (单位).")


@strawberry.input(description="A new opportunity, in the first stage unless another is chosen.")
class OpportunityCreateInput(OpportunityValues):
    """Title and party must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What it is about (机会名称).")
    party_id: strawberry.ID = strawberry.field(description="To whom (单位).")
    pipeline_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="By default the first active one (销售管道).")
    stage_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="By default the pipeline's first (阶段).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")


@strawberry.input(description="Why an opportunity was won.")
class OpportunityWinInput:
    """赢单."""

    reason_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of the dictionary `won_reason` (赢单原因).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="More on it, at most 20,000 characters (赢单说明).")


@strawberry.input(description="Why an opportunity is put aside, and until when.")
class OpportunityHoldInput:
    """搁置."""

    reason_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of the dictionary `hold_reason` (原因).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="More on it, at most 20,000 characters (搁置说明).")
    resume_on: strawberry.Maybe[date | None] = strawberry.field(
        description="When it is to be taken up again, today or later (预计恢复日期)."
    )


@strawberry.input(description="Why an opportunity was lost.")
class OpportunityLoseInput:
    """输单."""

    reason_id: strawberry.ID = strawberry.field(description="An option of the dictionary `lost_reason` (输单原因).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="More on it, at most 20,000 characters (输单说明).")
