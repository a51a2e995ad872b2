"""Lines of deliveries."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun


@noun("delivery_line", order="position", part_of="Delivery", label="product", description="One thing that is sent (发货明细).")
class DeliveryLine:
    """发货明细."""

    position: int = column("Its place in the list.", sort=True)
    product: str = column("What is sent (商品).")
    description: str | None = column("More on it (说明).")
    quantity: Decimal = column("How much of it (数量).")
    unit: str | None = column("In what unit (单位).")


@strawberry.input(description="One thing that is sent.")
class DeliveryLineInput:
    """发货明细."""

    product: str = strawberry.field(description="What is sent (商品).")
    description: str | None = strawberry.field(description="More on it (说明).", default=None)
    quantity: Decimal = strawberry.field(description="How much of it; above zero (数量).")
    unit: str | None = strawberry.field(description="In what unit (单位).", default=None)
