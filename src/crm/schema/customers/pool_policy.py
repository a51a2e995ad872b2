"""The rules of the public pool."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list
from crm.graph.nouns import noun
from crm.graph.payloads import payload_of
from crm.schema.customers.pool_level import PoolLevelInput
from crm.schema.system.record import Record


@noun("pool", entity="pool", order="created_at", label="id", description="The rules of the public pool (公海规则). There is one.")
class PoolPolicy(Record):
    """公海规则."""

    recycle_days: int | None = column(
        "After how many days without follow-up a customer is recycled (回收天数); null is never. Levels can have their own."
    )
    warn_days: int = column("How many days before that its owner is told (提前提醒天数); 0 is not at all.")
    most_owned: int | None = column("From how many customers on somebody claims no further ones (持有上限); null is no limit.")
    claims_per_day: int | None = column("How many customers somebody claims in a day (每日领取上限); null is no limit.")
    protect_days: int = column("For how many days at most a customer is protected (最长保护天数); 0 is no protection.")
    most_protected: int = column("How many customers of one owner are protected at once (保护数量上限).")
    reclaim_days: int | None = column("After how many days its former owner may claim a customer again (前负责人冷却天数).")
    levels = owned_list("customers.PoolLevel", "policy_id", "The levels with days of their own (级别回收天数).")


PoolPolicyPayload = payload_of(PoolPolicy)


@strawberry.input(description="New rules of the public pool. Absent fields stay as they are; null lifts a limit.")
class PoolPolicyInput:
    """公海规则."""

    recycle_days: strawberry.Maybe[int | None] = strawberry.field(description="1 to 3650; null recycles nothing.")
    warn_days: strawberry.Maybe[int] = strawberry.field(description="0 to 3650.")
    most_owned: strawberry.Maybe[int | None] = strawberry.field(description="Not negative; null is no limit.")
    claims_per_day: strawberry.Maybe[int | None] = strawberry.field(description="Not negative; null is no limit.")
    protect_days: strawberry.Maybe[int] = strawberry.field(description="0 to 3650.")
    most_protected: strawberry.Maybe[int] = strawberry.field(description="Not negative.")
    reclaim_days: strawberry.Maybe[int | None] = strawberry.field(description="0 to 3650; null is at once.")
    levels: strawberry.Maybe[list[PoolLevelInput]] = strawberry.field(
        description="All levels with days of their own, at most 50; replaces what is there."
    )
