"""Bulk planning: the same activity for many parties."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, part
from crm.graph.payloads import Done, UserError
from crm.schema.customers.enums import ActivityKind
from crm.schema.system.custom_value import OwnedValues

if TYPE_CHECKING:
    from crm.schema.customers.activity import Activity

ActivityType = Annotated["Activity", strawberry.lazy("crm.schema.customers.activity")]


@part(of="its mutation", description="What became of one party of a bulk plan.")
class ActivityPlanResult:
    """Its activity, or why there is none."""

    id: strawberry.ID = strawberry.field(description="The party's id, as it was given.")
    user_errors: list[UserError] = strawberry.field(description="Why nothing was planned; empty when it was.")
    made: strawberry.Private[str | None]

    @strawberry.field(description="The planned activity; null where there is none, or the viewer does not see it.")
    async def record(self, info: Info) -> ActivityType | None:
        """Read back under the viewer's rights."""
        found: Any = None if self.made is None else await reads.one(info.context, noun_named("Activity"), UUID(self.made))
        return found  # type: ignore[no-any-return]


@part(of="its mutation", description="What bulk planning answers.")
class ActivitiesPlanPayload:
    """One result for each party, in their order."""

    user_errors: list[UserError] = strawberry.field(description="Why nothing at all was planned.")

    @strawberry.field(description="One for each party, in their order; empty when all was refused.")
    def results(self) -> list[ActivityPlanResult]:
        """Made from the plain data that an idempotency key keeps."""
        return [
            ActivityPlanResult(id=each["id"], made=each["made"], user_errors=[UserError(**error) for error in each["errors"]])
            for each in cast(Done, self).extra.get("results", [])
        ]


@strawberry.input(description="The same planned activity for many parties (批量计划).")
class ActivitiesPlanInput(OwnedValues):
    """批量计划."""

    party_ids: list[strawberry.ID] = strawberry.field(description="With whom: parties, each once, at most 500.")
    kind: ActivityKind = strawberry.field(description="What sort they are.")
    subject: str = strawberry.field(description="What they are about (主题).")
    planned_at: datetime = strawberry.field(description="When they are to happen; the first of them, where they are spread.")
    content: strawberry.Maybe[str | None] = strawberry.field(description="Details, at most 20,000 characters.")
    owner_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Who is to do them (负责人); if absent, the owner of each party, and whoever plans it where it has none."
    )
    per_day: strawberry.Maybe[int | None] = strawberry.field(
        description="Spread: at most so many a day, on days that follow, at the same time of day. All at once, if absent."
    )
    workdays_only: bool = strawberry.field(description="Whether to leave out Saturdays and Sundays.", default=False)
