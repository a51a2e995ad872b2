"""Territories."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related, related_list, related_through
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun(
    "territory",
    entity="territory",
    order="name",
    description="Where channels sell (销售区域): a tree of our own, each part of which covers regions. Partners do not see it.",
)
class Territory(Record):
    """销售区域."""

    name: str = column("Its name (名称).", sort="name_key")
    parent = related("customers.Territory", "parent_id", "The territory that it lies in (上级区域).")
    children = related_list("customers.Territory", "parent_id", "The territories in it (下级区域).")
    regions = related_through(
        "system.DictionaryItem", "territory_region", "territory_id", "region_id", "The regions it covers, with all below (地区)."
    )
    channels = related_list("customers.Channel", "territory_id", "The channels that sell there (渠道).", search=True)


TerritoryFilter = filter_of(Territory)
TerritoryOrder = order_of(Territory)
TerritoryPayload = payload_of(Territory)


@strawberry.input(description="What creation and update of a territory have in common.")
class TerritoryValues:
    """销售区域."""

    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The territory that it lies in.")
    region_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The whole list of the regions it covers, of dictionary `region`, at most 50; replaces what is there."
    )


@strawberry.input(description="The values of a territory. Absent fields stay as they are; null clears.")
class TerritoryUpdateInput(TerritoryValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name, unique.")


@strawberry.input(description="A new territory.")
class TerritoryCreateInput(TerritoryValues):
    """Only the name must be given."""

    name: str = strawberry.field(description="Its name, unique.")
