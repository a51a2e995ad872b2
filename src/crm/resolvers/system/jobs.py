"""What can be asked of and done with background jobs (后台任务)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, single
from crm.schema.system.job import JobPayload
from crm.services.deeds import Deed
from crm.services.system import jobs


@strawberry.type
class JobQuery:
    """Reading jobs."""

    job = single("system.Job", SIGNED_IN, "One background job (后台任务).")
    jobs = listing("system.Job", SIGNED_IN, "The background jobs (后台任务): one's own, or with `job.read` all of them.")


@strawberry.type
class JobMutation:
    """Changing the course of jobs."""

    @command("job.administer", JobPayload, "Give a job that failed all its attempts again (重试任务).")
    async def job_retry(deed: Deed, id: strawberry.ID) -> UUID:
        """Only one that failed after its last attempt: before that it comes back by itself."""
        return await jobs.retry(deed, id)

    @command("job.administer", JobPayload, "Cancel a job that waits, or ask one that runs to stop (取消任务).")
    async def job_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """One that runs is CANCELLED once it has stopped; what it had committed by then stays."""
        return await jobs.cancel(deed, id)
