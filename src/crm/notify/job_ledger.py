"""What becomes of jobs, written in procrastinate's table and in ours by one statement or in one transaction.

procrastinate's own statements know neither our table nor whether a job still belongs to the worker that reports on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import asyncpg
import orjson
import structlog
from procrastinate.jobs import Job, Notification, Status
from procrastinate.manager import JobManager, NotificationCallback

from crm import metrics
from crm.core.kinds import Kind
from crm.notify.job_connector import Connector
from crm.rules.system.job_flow import JobState
from crm.services.system.job_failures import notify_of_failure
from crm.services.topics import Topic
from crm.store.errors import is_away

MOST_REASON = 200
LOST = "The process that ran it ended, or fell silent."
ENDS = {Status.SUCCEEDED: JobState.DONE, Status.FAILED: JobState.FAILED, Status.ABORTED: JobState.CANCELLED}
WRITE_PAUSES = (0.2, 0.5, 1.0, 2.0, 2.0)
"""What a job has done is worth waiting for a database that restarts: else all of it is done again."""

Result = TypeVar("Result")
log = structlog.get_logger("crm.jobs")

_FETCH = """
SELECT id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, attempts, worker_id
FROM procrastinate_fetch_job_v2($1::varchar[], $2)
"""
# A job that is begun no longer waits: it must not be in the way of the next one when it comes back for another attempt.
_BEGUN = "UPDATE procrastinate_jobs SET queueing_lock = NULL WHERE id = $1"
_RUNNING = """
UPDATE job SET state = 'RUNNING', attempts = attempts + 1, started_at = now(), steps_done = NULL, steps_total = NULL, phase = NULL
WHERE queue_id = $1 RETURNING job.id, job.starter_id
"""
_END = """
WITH ended AS (
    UPDATE procrastinate_jobs SET status = $3::text::procrastinate_job_status, attempts = attempts + 1
    WHERE id = $1 AND worker_id = $2 AND status = 'doing' RETURNING id)
UPDATE job SET state = $4, finished_at = now(), reason = $5, cancelling = FALSE
FROM ended WHERE queue_id = ended.id RETURNING job.id, job.starter_id, job.state
"""
# A run that was cut short by us is no attempt. Whoever was asked to stop and failed instead has stopped.
_AGAIN = """
WITH back AS (
    UPDATE procrastinate_jobs q SET scheduled_at = $3, attempts = q.attempts + $5,
        status = (CASE WHEN j.cancelling THEN 'aborted' ELSE 'todo' END)::procrastinate_job_status
    FROM job j WHERE q.id = $1 AND q.worker_id = $2 AND q.status = 'doing' AND j.queue_id = q.id RETURNING q.id, q.status)
UPDATE job SET state = CASE WHEN back.status = 'todo' THEN 'WAITING' ELSE 'CANCELLED' END, due_at = $3, reason = $4,
    attempts = job.attempts - 1 + $5, finished_at = CASE WHEN back.status = 'todo' THEN NULL ELSE now() END, cancelling = FALSE
FROM back WHERE queue_id = back.id RETURNING job.id, job.starter_id, job.state
"""
# What is held by an open deed is skipped: somebody is at work on it, whatever their heart says.
_RESCUE = """
WITH lost AS (
    SELECT q.id FROM job j JOIN procrastinate_jobs q ON q.id = j.queue_id
    WHERE j.state = 'RUNNING' AND q.status = 'doing' AND q.worker_id IS NULL FOR UPDATE OF q SKIP LOCKED),
back AS (
    UPDATE procrastinate_jobs q SET scheduled_at = NULL, attempts = q.attempts + 1,
        status = (CASE WHEN j.cancelling THEN 'aborted' WHEN j.attempts < j.most_attempts THEN 'todo' ELSE 'failed' END
            )::procrastinate_job_status
    FROM lost JOIN job j ON j.queue_id = lost.id WHERE q.id = lost.id RETURNING q.id, q.status)
UPDATE job SET reason = $1, cancelling = FALSE,
    state = CASE back.status WHEN 'todo' THEN 'WAITING' WHEN 'failed' THEN 'FAILED' ELSE 'CANCELLED' END,
    due_at = CASE WHEN back.status = 'todo' THEN now() ELSE due_at END,
    finished_at = CASE WHEN back.status = 'todo' THEN NULL ELSE now() END
FROM back WHERE queue_id = back.id RETURNING job.id, job.starter_id, job.name, job.state
"""
_EVENTS = """
INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
SELECT $1, k.id, $2, ARRAY[k.starter], now() FROM unnest($3::uuid[], $4::uuid[]) AS k(id, starter)
"""
_BEAT = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = $1 RETURNING id"
_CANCELLING = "SELECT queue_id FROM job WHERE state = 'RUNNING' AND cancelling"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a run did not do what it should, and whether it counts as an attempt."""

    reason: str
    counts: bool = True


class StruckOff(Exception):
    """This worker is none any more: it ends, and begins anew under another number."""


class Ledger(JobManager):
    """What procrastinate's worker writes of jobs goes through here."""

    def __init__(self, connector: Connector) -> None:
        super().__init__(connector)
        self.database = connector.database
        self.verdicts: dict[int, Verdict] = {}
        """By the job's number, told by whoever ran it a moment before its end is written."""
        self.heard = 0

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """The next job, marked as this worker's in both tables.

        procrastinate forgets, after a look that found nothing, whatever it heard meanwhile: a job that was committed during the
        look would wait for the next poll.
        """
        heard = None
        while heard != self.heard:
            heard = self.heard
            if (job := await self._taken(queues, worker_id)) is not None:
                return job
        return None

    async def listen_for_jobs(self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None) -> None:  # noqa: ARG002 -- procrastinate's own
        """Listen as procrastinate does, but for all queues by one channel, and count what is heard."""

        async def told(*, channel: str, notification: Notification) -> None:
            self.heard += 1
            await on_notification(channel=channel, notification=notification)

        await super().listen_for_jobs(on_notification=told)

    async def _taken(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        try:
            # Two statements: one could take a job that was committed after it began, and not see our row of it.
            async with self.database.connection() as connection, connection.transaction():
                row = await connection.fetchrow(_FETCH, None if queues is None else list(queues), worker_id)
                if row["id"] is None:
                    return None
                if row["queueing_lock"] is not None:
                    await connection.execute(_BEGUN, row["id"])
                await _tell(connection, await connection.fetch(_RUNNING, row["id"]))
        except asyncpg.UniqueViolationError:
            return None  # Another worker took a job that must be alone, a moment before: there is nothing for us now.
        except asyncpg.ForeignKeyViolationError:
            return None  # We were silent for too long and are struck off: the next heartbeat notices.
        self.database.announce()
        return Job.from_row({**row, "args": orjson.loads(row["args"])})

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: ARG002 -- procrastinate's own
        """Write down how a job ended."""
        verdict, state = self.verdicts.pop(job.id or 0, None), ENDS[status]
        reason = None if verdict is None or state is JobState.DONE else verdict.reason[:MOST_REASON]
        arguments = (job.id, job.worker_id, status.value, state.value, reason)
        self._told(job, state.value, await _patiently(lambda: self._moved(_END, *arguments)))

    async def retry_job(
        self,
        job: Job,
        retry_at: datetime | None = None,
        priority: int | None = None,  # noqa: ARG002 -- procrastinate's own
        queue: str | None = None,  # noqa: ARG002
        lock: str | None = None,  # noqa: ARG002
    ) -> None:
        """Let a job wait for another attempt."""
        verdict = self.verdicts.pop(job.id or 0, None) or Verdict("It failed.")
        arguments = (job.id, job.worker_id, retry_at, verdict.reason[:MOST_REASON], int(verdict.counts))
        self._told(job, "AGAIN" if verdict.counts else "INTERRUPTED", await _patiently(lambda: self._moved(_AGAIN, *arguments)))

    async def list_jobs_to_abort_async(self, queue: str | None = None) -> list[int]:  # noqa: ARG002 -- procrastinate's own
        """Running jobs that were asked to stop."""
        async with self.database.connection() as connection:
            return [row["queue_id"] for row in await connection.fetch(_CANCELLING)]

    async def update_heartbeat(self, worker_id: int) -> None:
        """Say that this worker lives. One beat that is lost is no reason to end: it has several before it counts as dead."""
        try:
            known = await self._fetchrow(_BEAT, worker_id)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("heartbeat was lost", reason=type(error).__name__)
            return
        if known is None:
            raise StruckOff("This worker was silent for so long that its jobs were given to others.")

    async def rescue(self, silent_seconds: float) -> int:
        """Give the jobs of workers that fell silent to others, or up if they had their last attempt; how many."""
        await self.prune_stalled_workers(silent_seconds)
        rows = await self._moved(_RESCUE, LOST)
        for row in rows:
            log.warning("job was rescued", job=str(row["id"]), task=row["name"], state=row["state"])
            metrics.jobs_run.labels(row["name"], "LOST").inc()
        return len(rows)

    async def _moved(self, query: str, *arguments: Any) -> list[Any]:
        """Move jobs, and tell whoever started them; of those that were given up also whoever could retry them."""
        async with self.database.connection() as connection, connection.transaction():
            rows = list(await connection.fetch(query, *arguments))
            await _tell(connection, rows)
            await notify_of_failure(connection, [row["id"] for row in rows if row["state"] == JobState.FAILED])
        self.database.announce()
        return rows

    async def _fetchrow(self, query: str, *arguments: Any) -> Any:
        async with self.database.connection() as connection:
            return await connection.fetchrow(query, *arguments)

    def _told(self, job: Job, outcome: str, rows: list[Any]) -> None:
        """Nothing was written where the job is another worker's by now, and that is right."""
        if not rows:
            log.warning("job belongs to another worker", task=job.task_name, number=job.id)
        metrics.jobs_run.labels(job.task_name, outcome if rows else "LOST").inc()


async def _tell(connection: Any, rows: list[Any]) -> None:
    """Events of the outbox, as `services/events.py` writes them in a deed."""
    told = [row for row in rows if row["starter_id"] is not None]
    if told:
        ids, starters = [row["id"] for row in told], [row["starter_id"] for row in told]
        await connection.execute(_EVENTS, Topic.JOB_PROGRESS.value, int(Kind.JOB), ids, starters)


async def _patiently(write: Callable[[], Awaitable[Result]]) -> Result:
    for pause in WRITE_PAUSES:
        try:
            return await write()
        except Exception as error:
            if not is_away(error):
                raise
            await asyncio.sleep(pause)
    return await write()
