"""What can be asked of and done with groups of channels (渠道分组) and territories (销售区域)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.channel_group import ChannelGroupCreateInput, ChannelGroupPayload, ChannelGroupUpdateInput
from crm.schema.customers.territory import TerritoryCreateInput, TerritoryPayload, TerritoryUpdateInput
from crm.services.customers import channel_groups, territories
from crm.services.deeds import Deed


@strawberry.type
class ChannelOrganisationQuery:
    """Reading groups and territories."""

    channel_group = single("customers.ChannelGroup", "staff", "One group of channels (渠道分组).")
    channel_groups = listing("customers.ChannelGroup", "staff", "The groups of channels (渠道分组).", search=True)
    territory = single("customers.Territory", "staff", "One territory (销售区域).")
    territories = listing("customers.Territory", "staff", "The territories (销售区域).", search=True)


@strawberry.type
class ChannelOrganisationMutation:
    """Writing groups and territories."""

    @command("channel_group.create", ChannelGroupPayload, "A new group of channels (新建渠道分组).")
    async def channel_group_create(deed: Deed, input: ChannelGroupCreateInput) -> UUID:
        """Names are unique."""
        return await channel_groups.create(deed, plain_input(input))

    @command(
        "channel_group.update",
        ChannelGroupPayload,
        "New values of a group of channels (修改渠道分组); `version` is the one that was read.",
    )
    async def channel_group_update(deed: Deed, id: strawberry.ID, version: int, input: ChannelGroupUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await channel_groups.update(deed, id, version, plain_input(input))

    @command("channel_group.delete", ChannelGroupPayload, "Move a group of channels to the recycle bin (删除渠道分组).")
    async def channel_group_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await channel_groups.delete(deed, id)

    @command("channel_group.delete", ChannelGroupPayload, "Take a group of channels out of the recycle bin (恢复渠道分组).")
    async def channel_group_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await channel_groups.restore(deed, id)

    @command("territory.create", TerritoryPayload, "A new territory (新建销售区域).")
    async def territory_create(deed: Deed, input: TerritoryCreateInput) -> UUID:
        """Names are unique."""
        return await territories.create(deed, plain_input(input))

    @command("territory.update", TerritoryPayload, "New values of a territory (修改销售区域); `version` is that which was read.")
    async def territory_update(deed: Deed, id: strawberry.ID, version: int, input: TerritoryUpdateInput) -> UUID:
        """A parent that lies in it is INVALID."""
        return await territories.update(deed, id, version, plain_input(input))

    @command("territory.delete", TerritoryPayload, "Move a territory to the recycle bin (删除销售区域).")
    async def territory_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await territories.delete(deed, id)

    @command("territory.delete", TerritoryPayload, "Take a territory out of the recycle bin (恢复销售区域).")
    async def territory_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await territories.restore(deed, id)
