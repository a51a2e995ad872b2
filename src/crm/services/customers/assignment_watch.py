"""Offers that nobody answered, and protections that have run out: ended by a periodic job.

Nothing waits for it. An offer whose time is over is refused by itself, and the share by which a channel sees an opportunity ends
with its protection; the job writes down that it is so, tells whom it concerns, and makes room for the next offer.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from crm.models import ChannelAssignment
from crm.rules.customers.assignment_flow import AssignmentVerb
from crm.rules.system.notices import Notice
from crm.services.customers.channel_assignments import end, lock_opportunity
from crm.services.customers.channel_people import people_of
from crm.services.deeds import Deed
from crm.services.jobs import Nothing, Task
from crm.services.notices import notify_people
from crm.services.system.job_runs import JobRun

BATCH = 50

_OVER = """(status = 'OFFERED' AND respond_by <= $1 OR status = 'REGISTERED' AND protected_until <= $1) AND deleted_at IS NULL"""
_DUE = f"SELECT id, opportunity_id FROM channel_assignment WHERE {_OVER} ORDER BY opportunity_id LIMIT $2"
# Asked again under the locks: it may have been prolonged, answered or ended meanwhile.
_STILL_DUE = f"SELECT * FROM channel_assignment WHERE {_OVER} AND id = $2 FOR NO KEY UPDATE"


async def expire_due(run: JobRun, _: Nothing) -> None:
    """Batch after batch, each a transaction."""
    expired, found = 0, BATCH
    while found == BATCH:
        async with run.deed() as deed:
            rows = await deed.rows(_DUE, deed.at, BATCH)
            for row in rows:
                expired += await expire(deed, row["id"], row["opportunity_id"])
        found = len(rows)
        await run.progress(expired, phase="expiring")


async def expire(deed: Deed, assignment_id: UUID, opportunity_id: UUID) -> bool:
    """End one, if it is still due."""
    opportunity = await lock_opportunity(deed, opportunity_id)
    rows = await deed.rows(_STILL_DUE, deed.at, assignment_id)
    if not rows:
        return False
    assignment: Any = ChannelAssignment._init_from_db(**rows[0])
    assignment._saved_in_db = True
    await end(deed, opportunity, assignment, AssignmentVerb.EXPIRE, None)
    people = [assignment.owner_id, *await people_of(deed, [assignment.channel_id])]
    await notify_people(deed, Notice.OFFER_EXPIRED, assignment.id, people)
    return True


EXPIRE_ASSIGNMENTS = Task("channels.expire_assignments", expire_due, Nothing, every=timedelta(minutes=5))
