"""What people do to background jobs: give one that failed another chance, or stop one."""

from __future__ import annotations

from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import IllegalTransition
from crm.models import Job
from crm.rules.system.job_flow import JOB_FLOW, JobState, JobVerb
from crm.services.deeds import Deed
from crm.services.records import claim
from crm.services.system.job_runs import tell_starter

WORKERS = "procrastinate_any_queue_v1"
"""Where workers listen; procrastinate itself says nothing there of a job that comes back, nor of one in a table of ours."""

_WAIT_AGAIN = """
UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL, worker_id = NULL
WHERE id = $1 AND status = 'failed' RETURNING id
"""
# Whoever takes the job at this moment holds its row, and will want ours: waiting for them here would be waiting for each other.
_LEAVE = """
UPDATE procrastinate_jobs SET status = 'cancelled' WHERE id IN (
    SELECT id FROM procrastinate_jobs WHERE id = $1 AND status = 'todo' FOR UPDATE SKIP LOCKED) RETURNING id
"""
_TELL = "SELECT pg_notify($1, json_build_object('type', $2::text, 'job_id', $3::bigint)::text)"


async def retry(deed: Deed, record_id: str) -> UUID:
    """A job that failed waits again, with all its attempts before it."""
    job = await claim(deed, Job, record_id, Action.ADMINISTER)
    job.state = JOB_FLOW.after(JobState(job.state), JobVerb.RETRY).value
    if not await deed.rows(_WAIT_AGAIN, job.queue_id):
        raise IllegalTransition("Job", JobState.FAILED, JobVerb.RETRY)  # somebody changed it behind our back
    job.attempts, job.due_at, job.finished_at, job.cancelling = 0, deed.at, None, False
    job.steps_done = job.steps_total = job.phase = None
    changed = ["state", "attempts", "due_at", "finished_at", "cancelling", "steps_done", "steps_total", "phase"]
    await job.save(using_db=deed.tx, update_fields=changed)
    await deed.run(_TELL, WORKERS, "job_inserted", job.queue_id)
    await tell_starter(deed, job.id, job.starter_id)  # type: ignore[attr-defined]
    return job.id


async def cancel(deed: Deed, record_id: str) -> UUID:
    """One that waits never runs; one that runs is asked to stop, and is done if it was quicker."""
    job = await claim(deed, Job, record_id, Action.ADMINISTER)
    after = JOB_FLOW.after(JobState(job.state), JobVerb.CANCEL)
    if after is JobState.CANCELLED and await deed.rows(_LEAVE, job.queue_id):
        job.state, job.finished_at = after.value, deed.at
        await job.save(using_db=deed.tx, update_fields=["state", "finished_at"])
        await tell_starter(deed, job.id, job.starter_id)  # type: ignore[attr-defined]
        return job.id
    job.cancelling = True
    await job.save(using_db=deed.tx, update_fields=["cancelling"])
    await deed.run(_TELL, WORKERS, "abort_job_requested", job.queue_id)
    await tell_starter(deed, job.id, job.starter_id)  # type: ignore[attr-defined]
    return job.id
