"""What can be asked of and done with deliveries (发货单)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.trade.delivery import DeliveryCreateInput, DeliveryPayload, DeliveryShipInput, DeliveryUpdateInput
from crm.services.deeds import Deed
from crm.services.trade import deliveries


@strawberry.type
class DeliveryQuery:
    """Reading deliveries."""

    delivery = single("trade.Delivery", "delivery.read", "One delivery (发货单).")
    deliveries = listing("trade.Delivery", "delivery.read", "The deliveries (发货单) that the viewer may see.")


@strawberry.type
class DeliveryMutation:
    """Writing deliveries."""

    @command(
        "delivery.create", DeliveryPayload, "A new draft (新建发货单) to a party that the viewer sees, and its number for good."
    )
    async def delivery_create(deed: Deed, input: DeliveryCreateInput) -> UUID:
        """Lines come with it."""
        return await deliveries.create(deed, plain_input(input))

    @command("delivery.update", DeliveryPayload, "New values of a delivery (修改发货单); `version` is the one that was read.")
    async def delivery_update(deed: Deed, id: strawberry.ID, version: int, input: DeliveryUpdateInput) -> UUID:
        """In state DRAFT; waybill and note always."""
        return await deliveries.update(deed, id, version, plain_input(input))

    @command("delivery.update", DeliveryPayload, "It leaves (发货): today, or on the day that is given.")
    async def delivery_ship(deed: Deed, id: strawberry.ID, input: DeliveryShipInput | None = None) -> UUID:
        """From DRAFT, with at least one line."""
        return await deliveries.ship(deed, id, plain_input(input) if input else {})

    @command("delivery.update", DeliveryPayload, "It has arrived (签收): now, or at the time that is given.")
    async def delivery_deliver(deed: Deed, id: strawberry.ID, delivered_at: datetime | None = None) -> UUID:
        """From SHIPPED."""
        return await deliveries.deliver(deed, id, delivered_at)

    @command("delivery.update", DeliveryPayload, "It has come back, and why (退回).")
    async def delivery_return(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From SHIPPED or DELIVERED."""
        return await deliveries.take_back(deed, id, reason)

    @command("delivery.update", DeliveryPayload, "It will not be sent, and why (取消发货单).")
    async def delivery_cancel(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From DRAFT."""
        return await deliveries.cancel(deed, id, reason)

    @command("delivery.delete", DeliveryPayload, "Move a delivery to the recycle bin (删除发货单).")
    async def delivery_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await deliveries.delete(deed, id)

    @command("delivery.delete", DeliveryPayload, "Take a delivery out of the recycle bin (恢复发货单).")
    async def delivery_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await deliveries.restore(deed, id)
