"""What is thrown away by itself, in small batches, by periodic jobs."""

from __future__ import annotations

from datetime import timedelta

from crm.rules.system.retries import Retries
from crm.services.idempotency import KEPT
from crm.services.jobs import Nothing, Task
from crm.services.system.job_runs import JobRun

BATCH = 1000
"""A batch is one transaction: nobody waits for more than this many rows."""
JOBS_KEPT = timedelta(days=7)
FAILED_JOBS_KEPT = timedelta(days=90)
SESSIONS_KEPT = timedelta(days=30)
ATTEMPTS_KEPT = timedelta(days=30)

_JOBS = """
WITH gone AS (DELETE FROM job WHERE id IN (
    SELECT id FROM job WHERE finished_at < $1 AND (state <> 'FAILED' OR finished_at < $2)
    ORDER BY finished_at LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING queue_id)
DELETE FROM procrastinate_jobs q USING gone WHERE q.id = gone.queue_id RETURNING q.id
"""
_KEYS = """
DELETE FROM idempotency_key WHERE id IN (SELECT id FROM idempotency_key WHERE created_at < $1 ORDER BY created_at LIMIT $2)
RETURNING id
"""
_SESSIONS = """
DELETE FROM session WHERE id IN (
    SELECT id FROM session WHERE least(expires_at, revoked_at) < $1 ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id
"""
_ATTEMPTS = """
DELETE FROM sign_in_attempt WHERE id IN (SELECT id FROM sign_in_attempt WHERE at < $1 ORDER BY id LIMIT $2) RETURNING id
"""


async def purge_jobs(run: JobRun, _: Nothing) -> None:
    """Jobs that are over; those that failed are kept for longer, because somebody may want to retry them."""
    await emptied(run, _JOBS, JOBS_KEPT, FAILED_JOBS_KEPT)


async def purge_traces(run: JobRun, _: Nothing) -> None:
    """Idempotency keys that answer nothing any more, sessions long ended, and attempts to sign in."""
    await emptied(run, _KEYS, KEPT)
    await emptied(run, _SESSIONS, SESSIONS_KEPT)
    await emptied(run, _ATTEMPTS, ATTEMPTS_KEPT)


async def emptied(run: JobRun, query: str, *kept: timedelta) -> None:
    """Run a deletion until it finds less than a batch."""
    gone = BATCH
    while gone == BATCH:
        async with run.deed() as deed:
            gone = len(await deed.rows(query, *(deed.at - each for each in kept), BATCH))


DAY = timedelta(days=1)
AGAIN = Retries(attempts=3, first=timedelta(minutes=5))
PURGE_JOBS = Task("jobs.purge", purge_jobs, Nothing, retries=AGAIN, every=timedelta(hours=1), offset=timedelta(minutes=17))
PURGE_TRACES = Task("traces.purge", purge_traces, Nothing, retries=AGAIN, every=DAY, offset=timedelta(hours=19, minutes=40))
"""At twenty to four in the morning in China."""
