"""Customers that nobody followed up go back into the public pool by themselves, after their owner was told.

Followed up is what `touch_party` writes: something was done with them. Whoever gets a customer has the full time. Protected ones
and those with open opportunities are spared, and so is, until the next night, what somebody is just writing.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from crm.access.grants import Action, Scope
from crm.core.errors import Forbidden
from crm.rules.customers.pool import PoolCause, Recycling, recyclings
from crm.rules.system.notices import Notice
from crm.services.customers import pool_policies
from crm.services.customers.pool import OPEN_OPPORTUNITY
from crm.services.customers.pool_stays import close_handed_over, put_in
from crm.services.deeds import Channel, Deed
from crm.services.jobs import Nothing, Task, enqueue
from crm.services.notices import notify_each
from crm.services.system.housekeeping import AGAIN, DAY
from crm.services.system.job_runs import JobRun

BATCH = 200

_FOLLOWED = "greatest(p.created_at, p.owner_since, p.last_contact_at)"
_IDLE = f"""
SELECT p.id, p.owner_id, p.protected_until FROM party p
WHERE p.type = 'CUSTOMER' AND p.owner_id IS NOT NULL AND p.deleted_at IS NULL
  AND {_FOLLOWED} < $1 AND (p.level_id = ANY($2::uuid[])) IS DISTINCT FROM $3
  AND (p.protected_until IS NULL OR p.protected_until <= $4)
  AND NOT EXISTS ({OPEN_OPPORTUNITY.format(party="p.id")}) AND {{further}}
ORDER BY {_FOLLOWED}, p.id LIMIT $5 FOR NO KEY UPDATE OF p SKIP LOCKED
"""
_UNWARNED = _IDLE.format(further=f"(p.recycle_warned_at IS NULL OR p.recycle_warned_at < {_FOLLOWED})")
_WARNED = _IDLE.format(further=f"p.recycle_warned_at >= {_FOLLOWED} AND p.recycle_warned_at <= $6")
_ALL = _IDLE.format(further="$6::timestamptz IS NOT NULL")
_WARN = "UPDATE party SET recycle_warned_at = $2 WHERE id = ANY($1::uuid[])"


async def recycle(run: JobRun, _: Nothing) -> None:
    """Warn, then recycle, level by level and batch by batch; each batch is a transaction."""
    async with run.deed(channel=Channel.SCHEDULE) as deed:
        await close_handed_over(deed)
        rules = await pool_policies.rules(deed)
    warned = recycled = 0
    for each in recyclings(rules):
        if rules.warn_days:
            warned += await _warn(run, each, rules.warn_days)
            await run.progress(warned + recycled, phase="warning")
        recycled += await _put_back(run, each, rules.warn_days)
        await run.progress(warned + recycled, phase="recycling")


async def _warn(run: JobRun, each: Recycling, before: int) -> int:
    """Tell owners whose customers will go in so many days; once for each time that they were not followed up."""
    total, found = 0, BATCH
    while found == BATCH:
        async with run.deed(channel=Channel.SCHEDULE) as deed:
            since = deed.at - timedelta(days=max(each.days - before, 0))
            rows = await deed.rows(_UNWARNED, since, list(each.levels), each.others, deed.at, BATCH)
            await deed.run(_WARN, [row["id"] for row in rows], deed.at)
            await notify_each(deed, Notice.RECYCLED_SOON, [(row["id"], row["owner_id"]) for row in rows])
        found = len(rows)
        total += found
    return total


async def _put_back(run: JobRun, each: Recycling, warned: int) -> int:
    """Recycle those whose time is over, and whose owners have known it for as long as the rules say."""
    total, found = 0, BATCH
    while found == BATCH:
        async with run.deed(channel=Channel.SCHEDULE) as deed:
            since, told = deed.at - timedelta(days=each.days), deed.at - timedelta(days=warned)
            query = _WARNED if warned else _ALL
            rows = await deed.rows(query, since, list(each.levels), each.others, deed.at, BATCH, told)
            if rows:
                reason = f"{each.days} days without follow-up"
                await put_in(deed, rows, PoolCause.RECYCLED, "recycle", reason)
                await notify_each(deed, Notice.RECYCLED, [(row["id"], row["owner_id"]) for row in rows])
        found = len(rows)
        total += found
    return total


RECYCLE = Task(
    "pool.recycle", recycle, Nothing, retries=AGAIN, longest=timedelta(hours=1), every=DAY, offset=timedelta(hours=18, minutes=30)
)
"""At half past two in the morning in China."""


async def start(deed: Deed) -> UUID:
    """Have it done now, and not only at night; one job is enough, however often somebody asks."""
    if deed.viewer.rights.scope("pool", Action.ADMINISTER) is not Scope.ALL:
        raise Forbidden("You may not recycle customers.")  # a partner's person, whatever their role says
    return await enqueue(deed, RECYCLE, Nothing(), once=RECYCLE.name, alone=RECYCLE.name)  # the nightly one has this name, too
