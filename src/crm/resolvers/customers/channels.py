"""What can be asked of and done with channels (渠道)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.rules.customers.lifecycle import PartyType
from crm.schema.customers.channel import ChannelPayload
from crm.schema.customers.party_input import PartyCreateInput, PartyUpdateInput
from crm.services.customers import parties
from crm.services.deeds import Deed


@strawberry.type
class ChannelQuery:
    """Reading channels."""

    channel = single("customers.Channel", "channel.read", "One channel (渠道).")
    channels = listing("customers.Channel", "channel.read", "The channels (渠道) that the viewer may see.", search=True)


@strawberry.type
class ChannelMutation:
    """Writing channels."""

    @command("channel.create", ChannelPayload, "A new channel (新建渠道).")
    async def channel_create(deed: Deed, input: PartyCreateInput) -> UUID:
        """Numbers and addresses come with it."""
        return await parties.create(deed, PartyType.CHANNEL, plain_input(input))

    @command("channel.update", ChannelPayload, "New values of a channel (修改渠道); `version` is the one that was read.")
    async def channel_update(deed: Deed, id: strawberry.ID, version: int, input: PartyUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await parties.update(deed, PartyType.CHANNEL, id, version, plain_input(input))

    @command("channel.delete", ChannelPayload, "Move a channel to the recycle bin (删除渠道).")
    async def channel_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await parties.delete(deed, PartyType.CHANNEL, id)

    @command("channel.delete", ChannelPayload, "Take a channel out of the recycle bin (恢复渠道).")
    async def channel_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await parties.restore(deed, PartyType.CHANNEL, id)
