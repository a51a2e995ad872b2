"""What can be asked of and done with competitors (竞争对手), and with what they do in records of the sales process."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.competition import CompetitionAddInput, CompetitionPayload, CompetitionUpdateInput
from crm.schema.customers.competitor import CompetitorCreateInput, CompetitorPayload, CompetitorUpdateInput
from crm.services.customers import competitions, competitors
from crm.services.deeds import Deed


@strawberry.type
class CompetitorQuery:
    """Reading the catalogue of competitors."""

    competitor = single("customers.Competitor", STAFF_ONLY, "One competitor (竞争对手).")
    competitors = listing("customers.Competitor", STAFF_ONLY, "The competitors (竞争对手).", search=True)


@strawberry.type
class CompetitorMutation:
    """Writing the catalogue, and who of it wants the same business. Rights of the latter are those of the record."""

    @command("competitor.create", CompetitorPayload, "A new competitor (新建竞争对手).")
    async def competitor_create(deed: Deed, input: CompetitorCreateInput) -> UUID:
        """Names are unique."""
        return await competitors.create(deed, plain_input(input))

    @command(
        "competitor.update", CompetitorPayload, "New values of a competitor (修改竞争对手); `version` is that which was read."
    )
    async def competitor_update(deed: Deed, id: strawberry.ID, version: int, input: CompetitorUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await competitors.update(deed, id, version, plain_input(input))

    @command("competitor.delete", CompetitorPayload, "Move a competitor to the recycle bin that no record names (删除竞争对手).")
    async def competitor_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await competitors.delete(deed, id)

    @command("competitor.delete", CompetitorPayload, "Take a competitor out of the recycle bin (恢复竞争对手).")
    async def competitor_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its name was given to another meanwhile."""
        return await competitors.restore(deed, id)

    @command("*.update", CompetitionPayload, "A competitor wants the same business (添加竞争情况).")
    async def competition_add(deed: Deed, input: CompetitionAddInput) -> UUID:
        """Each competitor once."""
        return await competitions.add(deed, plain_input(input))

    @command("*.update", CompetitionPayload, "What is known of them by now (修改竞争情况); `version` is the one that was read.")
    async def competition_update(deed: Deed, id: strawberry.ID, version: int, input: CompetitionUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await competitions.update(deed, id, version, plain_input(input))

    @command("*.update", CompetitionPayload, "They were never in it (移除竞争情况).")
    async def competition_remove(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null."""
        return await competitions.remove(deed, id)
