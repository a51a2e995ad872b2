"""The rules of the public pool: one record, which administrators edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.clock import now
from crm.core.errors import DomainError, Duplicate, Invalid, Refusals
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case
from crm.models import PoolLevel, PoolPolicy
from crm.rules.customers.pool import MOST_CUSTOMERS, MOST_DAYS, PoolRules
from crm.services import value_rows
from crm.services.deeds import Database, Deed
from crm.services.records import FieldChange, check_frozen, check_version, claim, record_change, revise
from crm.services.references import resolved
from crm.services.values import columns

BOUNDS = {
    "recycle_days": (1, MOST_DAYS), "warn_days": (0, MOST_DAYS), "most_owned": (0, MOST_CUSTOMERS),
    "claims_per_day": (0, MOST_CUSTOMERS), "protect_days": (0, MOST_DAYS), "most_protected": (0, MOST_CUSTOMERS),
    "reclaim_days": (0, MOST_DAYS),
}  # fmt: skip


async def ensure(database: Database) -> None:
    """The rules that every organisation starts with: nothing is recycled, and nobody is limited. Run after every migration."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261008)")
        if not await PoolPolicy.all().using_db(tx).exists():
            await PoolPolicy.create(using_db=tx, id=new_id(Kind.POOL_POLICY), created_at=now(), updated_at=now())


async def rules(deed: Deed) -> PoolRules:
    """The rules as they are now."""
    policy = (await PoolPolicy.all().using_db(deed.tx).values(*BOUNDS))[0]
    levels = await PoolLevel.all().using_db(deed.tx).values("level_id", "recycle_days")
    return PoolRules(**policy, levels={row["level_id"]: row["recycle_days"] for row in levels})


async def update(deed: Deed, version: int, given: Mapping[str, Any]) -> UUID:
    """New rules; levels that are given are all that have a rule of their own."""
    key = (await PoolPolicy.all().using_db(deed.tx).values("id"))[0]["id"]
    policy = await claim(deed, PoolPolicy, str(key), Action.ADMINISTER)
    check_version(policy, version)
    check_frozen(deed, "pool", list(given))
    values, _ = columns(PoolPolicy, given, ("levels",))
    _refuse_outside(values)
    changes = await _levels(deed, policy.id, given["levels"]) if "levels" in given else []
    if changes := await revise(deed, policy, values, changes):
        await record_change(deed, policy, "pool.update", changes)
    return policy.id


def _refuse_outside(values: Mapping[str, Any]) -> None:
    errors: list[DomainError] = [
        Invalid(f"Must be between {low} and {high}.", ("input", camel_case(name)))
        for name, (low, high) in BOUNDS.items()
        if values.get(name) is not None and not low <= values[name] <= high
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)


async def _levels(deed: Deed, policy_id: UUID, given: Sequence[Mapping[str, Any]]) -> Sequence[FieldChange]:
    rows, seen, low_high = [], set[UUID](), BOUNDS["recycle_days"]
    for place, item in enumerate(given):
        where = ("input", "levels", str(place))
        references = {"level_id": item["level_id"]}
        found = await resolved(deed, PoolLevel, references, path=where, dictionaries={"level_id": "customer_level"})
        days = item.get("recycle_days")
        if days is not None and not low_high[0] <= days <= low_high[1]:
            raise Invalid(f"Must be between {low_high[0]} and {low_high[1]}.", (*where, "recycleDays"))
        if found["level_id"] in seen:
            raise Duplicate("This level stands here twice.", (*where, "levelId"))
        seen.add(found["level_id"])
        rows.append({"level_id": found["level_id"], "recycle_days": days})
    parent, shown = ("policy_id", policy_id), ("level_id", "recycle_days")
    return await value_rows.replace(deed, PoolLevel, Kind.POOL_LEVEL, parent, "levels", rows, shown)
