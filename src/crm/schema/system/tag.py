"""Tags."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun("tag", entity="tag", order="name", description="A free label for records (标签).")
class Tag(Record):
    """标签."""

    name: str = column("Its text, unique without regard to letter case.", sort=True)
    colour: str | None = column("`#rrggbb`.")


TagFilter = filter_of(Tag)
TagOrder = order_of(Tag)
TagPayload = payload_of(Tag)


@strawberry.input(description="The values of a tag.")
class TagInput:
    """Absent fields stay as they are."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its text.")
    colour: strawberry.Maybe[str | None] = strawberry.field(description="`#rrggbb`.")
