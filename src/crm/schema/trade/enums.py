"""The enums of inventory, purchasing and sales, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.trade.delivery_flow import DeliveryStatus, DeliveryVerb, FreightPayer

strawberry.enum(DeliveryStatus, description="Where a delivery stands (发货状态).")
strawberry.enum(DeliveryVerb, description="What can be done with a delivery next.")
strawberry.enum(FreightPayer, description="Who pays for the transport (运费承担方).")

__all__ = ["DeliveryStatus", "DeliveryVerb", "FreightPayer"]
