"""Competitors in records of the sales process."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import CompetitionState
from crm.schema.customers.process_part import ProcessPart


@noun(
    "competition",
    order="created_at",
    part_of="its record",
    label="state",
    description="A competitor who wants the same business (竞争情况).",
)
class Competition(ProcessPart):
    """竞争情况."""

    state: CompetitionState = column("Where they stand (竞争状态).")
    strengths: str | None = column("What speaks for them here (优势).", filterable=False)
    weaknesses: str | None = column("What speaks against them here (劣势).", filterable=False)
    price: Decimal | None = column("What they ask, in the record's currency (报价).")
    competitor = related("customers.Competitor", "competitor_id", "Who it is, where the viewer may see that (竞争对手).")


CompetitionFilter = filter_of(Competition)
CompetitionOrder = order_of(Competition)
CompetitionPayload = payload_of(Competition)


@strawberry.input(description="What is known of a competitor in one record. Absent fields stay as they are; null clears.")
class CompetitionUpdateInput:
    """What an update takes."""

    state: strawberry.Maybe[CompetitionState] = strawberry.field(description="Where they stand; ACTIVE at first (竞争状态).")
    strengths: strawberry.Maybe[str | None] = strawberry.field(description="What speaks for them, at most 20,000 characters.")
    weaknesses: strawberry.Maybe[str | None] = strawberry.field(description="What speaks against them, likewise (劣势).")
    price: strawberry.Maybe[Decimal | None] = strawberry.field(description="What they ask; not negative (报价).")


@strawberry.input(description="A competitor who wants the same business.")
class CompetitionAddInput(CompetitionUpdateInput):
    """Record and competitor must be given."""

    record_id: strawberry.ID = strawberry.field(description="A record of the sales process, such as an opportunity.")
    competitor_id: strawberry.ID = strawberry.field(description="Who it is; of the catalogue, and named once (竞争对手).")
