"""What can be asked of and done with the block list (黑名单)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.blocked_number import BlockedNumberCreateInput, BlockedNumberPayload, BlockedNumberUpdateInput
from crm.services.customers import blocked_numbers
from crm.services.deeds import Deed


@strawberry.type
class BlockedNumberQuery:
    """Reading the block list."""

    blocked_number = single("customers.BlockedNumber", "blocked_number.read", "One entry of the block list (黑名单).")
    blocked_numbers = listing("customers.BlockedNumber", "blocked_number.read", "The block list (黑名单).")


@strawberry.type
class BlockedNumberMutation:
    """Writing the block list."""

    @command(
        "blocked_number.create", BlockedNumberPayload, "Block a number, numbers that begin alike, or withheld ones (加入黑名单)."
    )
    async def blocked_number_create(deed: Deed, input: BlockedNumberCreateInput) -> UUID:
        """Each once."""
        return await blocked_numbers.create(deed, plain_input(input))

    @command(
        "blocked_number.update", BlockedNumberPayload, "New values of an entry (修改黑名单); `version` is that which was read."
    )
    async def blocked_number_update(deed: Deed, id: strawberry.ID, version: int, input: BlockedNumberUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await blocked_numbers.update(deed, id, version, plain_input(input))

    @command("blocked_number.delete", BlockedNumberPayload, "Let these numbers ring again (移出黑名单).")
    async def blocked_number_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await blocked_numbers.delete(deed, id)

    @command("blocked_number.delete", BlockedNumberPayload, "Take an entry out of the recycle bin (恢复黑名单).")
    async def blocked_number_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await blocked_numbers.restore(deed, id)
