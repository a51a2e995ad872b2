"""Competitors."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun("competitor", entity="competitor", order="name", description="Somebody who sells what we sell (竞争对手).")
class Competitor(Record):
    """竞争对手."""

    name: str = column("Its name (名称), unique without regard to letter case.", sort="name_key")
    website: str | None = column("Its website (网址).")
    strengths: str | None = column("What it is good at (优势).", filterable=False)
    weaknesses: str | None = column("What it is not good at (劣势).", filterable=False)
    note: str | None = column("Anything else (备注).", filterable=False)
    competitions = related_list(
        "customers.Competition", "competitor_id", "Where it wants the same business as we, of what the viewer may see (竞争情况)."
    )


CompetitorFilter = filter_of(Competitor)
CompetitorOrder = order_of(Competitor)
CompetitorPayload = payload_of(Competitor)


@strawberry.input(description="What creation and update of a competitor have in common.")
class CompetitorValues:
    """Everything but the name."""

    website: strawberry.Maybe[str | None] = strawberry.field(description="Its website (网址).")
    strengths: strawberry.Maybe[str | None] = strawberry.field(description="What it is good at, at most 20,000 characters.")
    weaknesses: strawberry.Maybe[str | None] = strawberry.field(description="What it is not good at, likewise (劣势).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="The values of a competitor. Absent fields stay as they are; null clears.")
class CompetitorUpdateInput(CompetitorValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name (名称).")


@strawberry.input(description="A new competitor.")
class CompetitorCreateInput(CompetitorValues):
    """Only the name must be given."""

    name: str = strawberry.field(description="Its name (名称).")
