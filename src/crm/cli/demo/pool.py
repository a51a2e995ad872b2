"""The demo's public pool: how its customers came there, the rules, and what people protect from being recycled."""

from __future__ import annotations

from datetime import timedelta

from crm.cli.demo.company import Company
from crm.cli.synthetic.dice import Dice
from crm.core.kinds import Kind
from crm.models import PoolStay
from crm.rules.customers.pool import PoolCause
from crm.services.customers import pool_policies
from crm.services.deeds import Deed

RULES = {"recycle_days": 365, "warn_days": 7, "claims_per_day": 10, "most_owned": 500, "reclaim_days": 30}
REASONS = (
    "多次联系无回应 No answer several times",
    "预算冻结到明年 Budget frozen until next year",
    "已选竞争对手 Chose a competitor",
    "负责人调岗 Owner moved on",
)
PROTECTED = timedelta(days=20)

_LYING = """
SELECT id, created_at FROM party WHERE type = 'CUSTOMER' AND owner_id IS NULL AND deleted_at IS NULL ORDER BY id
"""
_SINCE = "UPDATE party SET owner_since = created_at WHERE owner_id IS NOT NULL"
_PROTECT = """
UPDATE party SET protected_until = $1 WHERE id IN (
    SELECT DISTINCT ON (owner_id) id FROM party
    WHERE type = 'CUSTOMER' AND owner_id = ANY($2::uuid[]) AND deleted_at IS NULL AND lifecycle = 'PROSPECT'
    ORDER BY owner_id, id)
"""


async def fill_pool(deed: Deed, dice: Dice, company: Company) -> None:
    """Most of the pool was given back by somebody of the team, some of it never had an owner."""
    stays = []
    for row in await deed.rows(_LYING):
        owned = dice.chance(0.8)
        entered = dice.moment(row["created_at"], deed.at) if owned else row["created_at"]
        former = dice.pick(company.team).id if owned else None
        stays.append(
            PoolStay(
                id=dice.id(Kind.POOL_STAY, entered), party_id=row["id"], entered_at=entered, former_owner_id=former,
                returned_by_id=former, reason=dice.pick(REASONS) if owned else None,
                cause=(PoolCause.RELEASED if owned else PoolCause.UNOWNED).value,
            )
        )  # fmt: skip
    await PoolStay.bulk_create(stays, using_db=deed.tx)
    await deed.run(_SINCE)
    await deed.run(_PROTECT, deed.at + PROTECTED, [owner.id for owner in (*company.team, company.manager)])
    await pool_policies.update(deed, 1, RULES)
