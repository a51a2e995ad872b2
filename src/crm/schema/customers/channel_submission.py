"""Opportunities that channels bring."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from strawberry.types import Info

from crm.access.grants import STAFF_ONLY
from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.submission_flow import SUBMISSION_FLOW
from crm.schema.customers.enums import SubmissionStatus, SubmissionVerb
from crm.schema.customers.submission_duplicates import duplicates_of
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord

if TYPE_CHECKING:
    from crm.schema.customers.party import Party

PartyType = Annotated["Party", strawberry.lazy("crm.schema.customers.party")]

ITEM = "system.DictionaryItem"


@noun(
    "channel_submission",
    entity="channel_submission",
    label="title",
    order="-created_at",
    description="An opportunity that a channel submitted, and what we decided (渠道报备)."
    " It belongs to whoever looks after the channel.",
)
class ChannelSubmission(OwnedRecord):
    """渠道报备."""

    title: str = column("What it is about (机会名称).")
    customer_name: str = column("Whom it is about (客户名称).")
    contact_name: str | None = column("With whom there (联系人).")
    phone: str | None = column("Their phone number, as it was written (电话).")
    amount: Decimal | None = column("What it may bring, in its currency (金额).")
    currency: str = column("ISO 4217, such as CNY (币种).")
    expected_close_on: date | None = column("When it is expected to be decided (预计成交日期).")
    description: str | None = column("Anything else (说明).", filterable=False)
    status: SubmissionStatus = column("Where it stands (状态).")
    decided_at: datetime | None = column("When it was decided on, or taken back (处理时间).")
    reason: str | None = column("Why it was turned down (驳回原因).", filterable=False)
    region = related(ITEM, "region_id", "Dictionary `region` (地区).", card=True)
    industry = related(ITEM, "industry_id", "Dictionary `industry` (行业).", card=True)
    channel = related("customers.Channel", "channel_id", "Who brought it (渠道).")
    customer = related("customers.Customer", "customer_id", "The customer it was registered for (客户).")
    opportunity = related("customers.Opportunity", "opportunity_id", "The opportunity that was made of it (销售机会).")
    comments = related_list("system.Comment", "record_id", "What is said of it, first things first (评论).")

    @computed(
        "Customers of the same name or phone number, at most 20 (疑似重复); for our own people, who decide.", requires=STAFF_ONLY
    )
    async def duplicates(root: Row, info: Info) -> list[PartyType] | None:
        """Only what the viewer may see: one that they may not is not told of."""
        root.check("duplicates")
        return await duplicates_of(info.context, root.id)

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[SubmissionVerb]:
        """The verbs that the flow table allows from here."""
        return [SubmissionVerb(verb) for verb in SUBMISSION_FLOW.verbs(SubmissionStatus(root.record["status"]))]


ChannelSubmissionFilter = filter_of(ChannelSubmission)
ChannelSubmissionOrder = order_of(ChannelSubmission)
ChannelSubmissionPayload = payload_of(ChannelSubmission)


@strawberry.input(description="An opportunity that a channel brings.")
class OpportunitySubmitInput(OwnedValues):
    """渠道报备."""

    title: str = strawberry.field(description="What it is about (机会名称).")
    customer_name: str = strawberry.field(description="Whom it is about (客户名称).")
    contact_name: strawberry.Maybe[str | None] = strawberry.field(description="With whom there (联系人).")
    phone: strawberry.Maybe[str | None] = strawberry.field(description="Their phone number (电话).")
    region_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `region` (地区).")
    industry_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `industry` (行业).")
    amount: strawberry.Maybe[Decimal | None] = strawberry.field(description="What it may bring; not negative (金额).")
    currency: strawberry.Maybe[str] = strawberry.field(description="Three capital letters, such as CNY (币种).")
    expected_close_on: strawberry.Maybe[date | None] = strawberry.field(description="When it is expected to be decided.")
    description: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="What a submission becomes: of a customer and an opportunity that there are, or of new ones.")
class SubmissionRegisterInput:
    """登记. Without ids both are made; that takes the rights to create them."""

    customer_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="A customer there is (客户).")
    opportunity_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="An opportunity there is, not yet decided (机会)."
    )
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is responsible for what is made (负责人).")
