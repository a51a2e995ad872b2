"""What can be asked of and done with opportunities (销售机会)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.opportunity import (
    OpportunityCreateInput,
    OpportunityLoseInput,
    OpportunityPayload,
    OpportunityUpdateInput,
)
from crm.services.customers import opportunities
from crm.services.deeds import Deed


@strawberry.type
class OpportunityQuery:
    """Reading opportunities."""

    opportunity = single("customers.Opportunity", "opportunity.read", "One opportunity (销售机会).")
    opportunities = listing("customers.Opportunity", "opportunity.read", "The opportunities (销售机会) that the viewer may see.")


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

    @command("opportunity.update", OpportunityPayload, "It was sold (赢单).")
    async def opportunity_win(deed: Deed, id: strawberry.ID) -> UUID:
        """From OPEN."""
        return await opportunities.win(deed, id)

    @command("opportunity.update", OpportunityPayload, "It was not sold, and why (输单).")
    async def opportunity_lose(deed: Deed, id: strawberry.ID, input: OpportunityLoseInput) -> UUID:
        """From OPEN or ON_HOLD."""
        return await opportunities.lose(deed, id, plain_input(input))

    @command("opportunity.update", OpportunityPayload, "It is put aside for now (搁置销售机会).")
    async def opportunity_hold(deed: Deed, id: strawberry.ID) -> UUID:
        """From OPEN."""
        return await opportunities.hold(deed, id)

    @command("opportunity.update", OpportunityPayload, "It is taken up again, in the stage it was in (重新打开销售机会).")
    async def opportunity_reopen(deed: Deed, id: strawberry.ID) -> UUID:
        """From ON_HOLD, WON or LOST."""
        return await opportunities.reopen(deed, id)

    @command("opportunity.delete", OpportunityPayload, "Move an opportunity to the recycle bin (删除销售机会).")
    async def opportunity_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await opportunities.delete(deed, id)

    @command("opportunity.delete", OpportunityPayload, "Take an opportunity out of the recycle bin (恢复销售机会).")
    async def opportunity_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await opportunities.restore(deed, id)
