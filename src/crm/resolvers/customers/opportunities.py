"""What can be asked of and done with opportunities (销售机会)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from crm.graph.context import Operation
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.customers.enums import OpportunityStatus
from crm.schema.customers.opportunity import (
    OpportunityCreateInput,
    OpportunityFilter,
    OpportunityHoldInput,
    OpportunityLoseInput,
    OpportunityPayload,
    OpportunityUpdateInput,
    OpportunityWinInput,
)
from crm.schema.customers.opportunity_board import OpportunityBoardColumn, board_of
from crm.services.customers import opportunities
from crm.services.deeds import Deed

if TYPE_CHECKING:
    Which = Any
else:
    Which = Annotated[
        OpportunityFilter | None,
        strawberry.argument(description="Which opportunities: of an owner, a department, and whatever else the list takes."),
    ]
PipelineId = Annotated[strawberry.ID, strawberry.argument(description="The pipeline (销售管道).")]
Statuses = Annotated[list[OpportunityStatus] | None, strawberry.argument(description="In which states; OPEN, if absent.")]


@strawberry.type
class OpportunityQuery:
    """Reading opportunities."""

    opportunity = single("customers.Opportunity", "opportunity.read", "One opportunity (销售机会).")
    opportunities = listing("customers.Opportunity", "opportunity.read", "The opportunities (销售机会) that the viewer may see.")

    forecast_snapshots = listing(
        "customers.ForecastSnapshot",
        "opportunity.read",
        "What was expected at the start of each week (预测快照): of the viewer, of those below them, within the scope of a role.",
    )

    @query("opportunity.read", "The board of a pipeline (机会看板): of each stage how many opportunities, and what they come to.")
    async def opportunity_board(
        operation: Operation, pipeline_id: PipelineId, filter: Which = None, statuses: Statuses = None
    ) -> list[OpportunityBoardColumn] | None:
        """Of what the viewer may see; stages that are no longer offered only where there is something in them."""
        return await board_of(operation, pipeline_id, filter, statuses or [OpportunityStatus.OPEN])


@strawberry.type
class OpportunityMutation:
    """Writing opportunities."""

    @command("opportunity.create", OpportunityPayload, "A new opportunity (新建销售机会) with a party that the viewer sees.")
    async def opportunity_create(deed: Deed, input: OpportunityCreateInput) -> UUID:
        """In the first stage of the default pipeline, unless another is chosen."""
        return await opportunities.create(deed, plain_input(input))

    @command(
        "opportunity.update",
        OpportunityPayload,
        "New values of an opportunity (修改销售机会); `version` is the one that was read.",
    )
    async def opportunity_update(deed: Deed, id: strawberry.ID, version: int, input: OpportunityUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await opportunities.update(deed, id, version, plain_input(input))

    @command("opportunity.update", OpportunityPayload, "Into another stage, whose probability it takes on (推进销售机会).")
    async def opportunity_move(deed: Deed, id: strawberry.ID, stage_id: strawberry.ID) -> UUID:
        """Only while it is OPEN."""
        return await opportunities.move(deed, id, stage_id)

    @command("opportunity.update", OpportunityPayload, "It was sold, and perhaps why (赢单).")
    async def opportunity_win(deed: Deed, id: strawberry.ID, input: OpportunityWinInput | None = None) -> UUID:
        """From OPEN."""
        return await opportunities.win(deed, id, plain_input(input) if input else {})

    @command("opportunity.update", OpportunityPayload, "It was not sold, and why (输单).")
    async def opportunity_lose(deed: Deed, id: strawberry.ID, input: OpportunityLoseInput) -> UUID:
        """From OPEN or ON_HOLD."""
        return await opportunities.lose(deed, id, plain_input(input))

    @command("opportunity.update", OpportunityPayload, "It is put aside for now, perhaps why and until when (搁置销售机会).")
    async def opportunity_hold(deed: Deed, id: strawberry.ID, input: OpportunityHoldInput | None = None) -> UUID:
        """From OPEN."""
        return await opportunities.hold(deed, id, plain_input(input) if input else {})

    @command("opportunity.update", OpportunityPayload, "It is taken up again, in the stage it was in (重新打开销售机会).")
    async def opportunity_reopen(deed: Deed, id: strawberry.ID) -> UUID:
        """From ON_HOLD, WON or LOST; not one that became a project."""
        return await opportunities.reopen(deed, id)

    @command("opportunity.delete", OpportunityPayload, "Move an opportunity to the recycle bin (删除销售机会).")
    async def opportunity_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await opportunities.delete(deed, id)

    @command("opportunity.delete", OpportunityPayload, "Take an opportunity out of the recycle bin (恢复销售机会).")
    async def opportunity_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await opportunities.restore(deed, id)
