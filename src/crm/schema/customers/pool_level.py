"""Rules of the public pool for single levels of customers."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun


@noun("pool_level", order="position", part_of="PoolPolicy", description="After how long customers of one level are recycled.")
class PoolLevel:
    """级别回收天数."""

    level = related("system.DictionaryItem", "level_id", "Dictionary `customer_level` (客户级别).", card=True)
    recycle_days: int | None = column("After how many days without follow-up (回收天数); null is never.")
    position: int = column("Its place in the list.", sort=True)


@strawberry.input(description="After how long customers of one level are recycled.")
class PoolLevelInput:
    """级别回收天数."""

    level_id: strawberry.ID = strawberry.field(description="Of dictionary `customer_level` (客户级别).")
    recycle_days: int | None = strawberry.field(description="1 to 3650; null is never.", default=None)
