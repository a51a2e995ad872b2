"""Deliveries (发货): how goods leave, arrive, come back, or never leave."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class FreightPayer(StrEnum):
    """Who pays for the transport (运费承担方): sender (寄方), recipient (收方), a third party (第三方)."""

    SENDER = "SENDER"
    RECIPIENT = "RECIPIENT"
    THIRD_PARTY = "THIRD_PARTY"


class DeliveryStatus(StrEnum):
    """Where a delivery stands (发货状态)."""

    DRAFT = "DRAFT"  # 待发货
    SHIPPED = "SHIPPED"  # 已发货
    DELIVERED = "DELIVERED"  # 已签收
    RETURNED = "RETURNED"  # 已退回
    CANCELLED = "CANCELLED"  # 已取消


class DeliveryVerb(StrEnum):
    """What can be done to a delivery: ship (发货), deliver (签收), return (退回), cancel (取消)."""

    SHIP = "SHIP"
    DELIVER = "DELIVER"
    RETURN = "RETURN"
    CANCEL = "CANCEL"


DELIVERY_FLOW = Flow(
    "Delivery",
    DeliveryStatus,
    DeliveryVerb,
    {
        (DeliveryStatus.DRAFT, DeliveryVerb.SHIP): DeliveryStatus.SHIPPED,
        (DeliveryStatus.DRAFT, DeliveryVerb.CANCEL): DeliveryStatus.CANCELLED,
        (DeliveryStatus.SHIPPED, DeliveryVerb.DELIVER): DeliveryStatus.DELIVERED,
        (DeliveryStatus.SHIPPED, DeliveryVerb.RETURN): DeliveryStatus.RETURNED,
        (DeliveryStatus.DELIVERED, DeliveryVerb.RETURN): DeliveryStatus.RETURNED,
    },
)

EDITABLE = frozenset({DeliveryStatus.DRAFT})
"""Where all its fields can be changed: what has left the house is as it left."""

ALWAYS_EDITABLE = frozenset({"waybill", "note"})
"""What is often known only once it is under way."""
