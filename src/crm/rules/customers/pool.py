"""The public pool (公海): customers that belong to nobody, how they come there and who may take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class PoolCause(StrEnum):
    """How a customer came into the pool (入海原因)."""

    UNOWNED = "UNOWNED"  # 从无负责人
    RELEASED = "RELEASED"  # 退回
    RECYCLED = "RECYCLED"  # 自动回收


class PoolExit(StrEnum):
    """How a customer left the pool (出海方式)."""

    CLAIMED = "CLAIMED"  # 领取
    ASSIGNED = "ASSIGNED"  # 分配
    TRANSFERRED = "TRANSFERRED"  # 转移


MOST_DAYS = 3650
MOST_CUSTOMERS = 1_000_000


@dataclass(frozen=True, slots=True)
class PoolRules:
    """The rules in force; None where there is no such limit. `levels` are days of single levels, None for never."""

    recycle_days: int | None
    warn_days: int
    most_owned: int | None
    claims_per_day: int | None
    protect_days: int
    most_protected: int
    reclaim_days: int | None
    levels: Mapping[UUID, int | None]


def claim_refused(rules: PoolRules, owned: int, claimed_today: int) -> str | None:
    """Why somebody who has and has taken so many may take no further one; None where they may."""
    if rules.claims_per_day is not None and claimed_today >= rules.claims_per_day:
        return f"Nobody claims more than {rules.claims_per_day} customers a day."
    if rules.most_owned is not None and owned >= rules.most_owned:
        return f"Whoever has {rules.most_owned} customers or more claims no others."
    return None


def comes_back(rules: PoolRules, given_up_at: datetime | None, at: datetime) -> bool:
    """Whether whoever had the customer before has kept away for long enough to take it again."""
    if rules.reclaim_days is None or given_up_at is None:
        return True
    return at >= given_up_at + timedelta(days=rules.reclaim_days)


@dataclass(frozen=True, slots=True)
class Recycling:
    """Customers of these levels (or, with `others`, of all but these) that nobody followed up for so many days."""

    levels: tuple[UUID, ...]
    others: bool
    days: int


def recyclings(rules: PoolRules) -> Sequence[Recycling]:
    """Which customers are recycled after how long; nothing of levels that never are."""
    found = [Recycling((level,), others=False, days=days) for level, days in rules.levels.items() if days is not None]
    if rules.recycle_days is not None:
        found.append(Recycling(tuple(rules.levels), others=True, days=rules.recycle_days))
    return found
