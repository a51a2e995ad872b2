"""The times a customer lay in the public pool."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.rules.customers.pool import PoolCause, PoolExit
from crm.schema.system.record import Node

strawberry.enum(PoolCause, description="How a customer came into the public pool (入海原因).")
strawberry.enum(PoolExit, description="How a customer left the public pool (出海方式).")


@noun(
    "pool_stay",
    order="-entered_at",
    part_of="Customer",
    label="entered_at",
    description="One time that a customer lay in the public pool (公海记录); seen in the pool too.",
)
class PoolStay(Node):
    """公海记录."""

    entered_at: datetime = column("Since when (入海时间).", sort=True)
    cause: PoolCause = column("How it came there (入海原因).")
    reason: str | None = column("Why, in the words of whoever gave it back (退回原因).", filterable=False)
    former_owner = related("system.User", "former_owner_id", "Whose it was (前负责人).", card=True)
    returned_by = related("system.User", "returned_by_id", "Who gave it back (退回人); null where nobody did.", card=True)
    left_at: datetime | None = column("Until when (出海时间); null while it lies there.")
    exit: PoolExit | None = column("How it left (出海方式).")
    owner = related("system.User", "owner_id", "Who got it (新负责人).", card=True)
    handed_by = related("system.User", "handed_by_id", "Who took it out, for themselves or somebody else (分配人).", card=True)


PoolStayFilter = filter_of(PoolStay)
PoolStayOrder = order_of(PoolStay)
