"""Periodic tasks: enqueued once for each of their spans, by whichever process comes first."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.services.deeds import Channel, Database
from crm.services.jobs import Nothing, Task
from crm.services.system.accounts import system_deed

# NULL where somebody was faster. Two runs of one task never meet: its name is its lock.
_ENQUEUE = """
SELECT procrastinate_defer_periodic_job_v2($1::varchar, $1::varchar, NULL, $1::varchar, $2::int, '', $3::bigint,
    jsonb_build_object('job', $4::uuid, 'given', '{}'::jsonb)) AS queue_id
"""
_SHOW = """
INSERT INTO job (id, queue_id, name, state, attempts, most_attempts, created_at, due_at, cancelling)
VALUES ($1, $2, $3, 'WAITING', 0, $4, $5, $5, FALSE)
"""


def span_of(task: Task[Nothing], at: datetime) -> int:
    """The second since 1970 in which the span began that this instant is in."""
    assert task.every is not None
    length, offset = int(task.every.total_seconds()), int(task.offset.total_seconds())
    return (int(at.timestamp()) - offset) // length * length + offset


async def enqueue_span(database: Database, task: Task[Nothing], span: int) -> UUID | None:
    """Enqueue the task for a span; None where that was done. What fell into a time without workers is done once, not often."""
    async with system_deed(database, f"every {task.every}", channel=Channel.SCHEDULE) as deed:
        job_id = new_id(Kind.JOB)
        queue_id = (await deed.rows(_ENQUEUE, task.name, task.priority, span, job_id))[0]["queue_id"]
        if queue_id is None:
            return None
        await deed.run(_SHOW, job_id, queue_id, task.name, task.retries.attempts, deed.at)
        return job_id
