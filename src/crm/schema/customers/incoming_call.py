"""What is pushed of a call."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from crm.graph.nouns import noun_named, part
from crm.graph.reads import shown

if TYPE_CHECKING:
    from crm.schema.customers.call import Call

CallType = Annotated["Call", strawberry.lazy("crm.schema.customers.call")]


@part(of="Call", description="A call that rings the viewer, or something new about one that did (来电弹屏).")
class IncomingCall:
    """Made from an event that has a `cursor` and the `row` of its call."""

    cursor: str = strawberry.field(description="Where this stands in the history: subscribe `after` it to go on from here.")

    @strawberry.field(description="Until when a popup for it makes sense.")
    def expires_at(root: Any) -> datetime:
        """As of the call."""
        found: datetime = root.row.record["expires_at"]
        return found

    @strawberry.field(description="The call as it is now.")
    async def call(root: Any, info: Info) -> CallType:
        """Read under the rights of the moment of the push."""
        return await shown(info, noun_named("Call"), root.row.id, root.row)  # type: ignore[no-any-return]
