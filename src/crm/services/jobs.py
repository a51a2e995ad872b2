"""Background work: what can be done in the background (`Task`), and enqueueing it in the transaction that wants it done.

A job exists if and when its transaction commits, and nothing of it runs before. What is true of every task:

- It may be run more than once: its process can be killed after it has done its work and before that is written down. So a task is
  idempotent, or does all it does in one `JobRun.deed`, which commits only while the job is still this run's.
- Its arguments are ids and numbers. They stand in the database for as long as the job is kept, and in logs.
- It acts as the system, not as the person who started it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

import orjson
from pydantic import TypeAdapter

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.system.retries import SEVERAL, Retries
from crm.services.deeds import Deed

if TYPE_CHECKING:
    from crm.services.system.job_runs import JobRun

Arguments = TypeVar("Arguments")

LONGEST = timedelta(minutes=10)
BATCH = 500


@dataclass(frozen=True, slots=True)
class Nothing:
    """The arguments of a task that needs none."""


@dataclass(frozen=True, slots=True, eq=False)
class Task(Generic[Arguments]):
    """One thing that can be done in the background.

    `name` stands in the database, so it is never changed while jobs of it wait. It is the name of its queue too: a worker takes
    only jobs of tasks that it knows, so while a new version is rolled out the old one leaves the new one's jobs alone.

    `arguments` is a dataclass. A run is cancelled after `longest`. `every` makes it periodic: it is enqueued once in each such
    span since 1970, with `offset` into it, by whichever worker comes first.
    """

    name: str
    run: Callable[[JobRun, Arguments], Awaitable[None]]
    arguments: type[Arguments]
    retries: Retries = SEVERAL
    longest: timedelta = LONGEST
    priority: int = 0
    every: timedelta | None = None
    offset: timedelta = timedelta()

    def written(self, given: Arguments) -> Any:
        """Arguments as they are kept."""
        return TypeAdapter(self.arguments).dump_python(given, mode="json")

    def read(self, kept: Any) -> Arguments:
        """And back."""
        return TypeAdapter(self.arguments).validate_python(kept)


# The arguments that procrastinate keeps name our row, so that whoever runs the job knows it.
_ENQUEUE = """
WITH queued AS (
    SELECT q.queue_id, q.place FROM unnest(procrastinate_defer_jobs_v1(ARRAY(
        SELECT ROW($1::varchar, $1::varchar, $2::int, $3::text, $4::text,
            jsonb_build_object('job', k.id, 'given', k.given), $5::timestamptz)::procrastinate_job_to_defer_v1
        FROM unnest($6::uuid[], $7::jsonb[]) WITH ORDINALITY AS k(id, given, place) ORDER BY k.place
    ))) WITH ORDINALITY AS q(queue_id, place))
INSERT INTO job (id, queue_id, name, state, attempts, most_attempts, starter_id, created_at, due_at, cancelling)
SELECT k.id, queued.queue_id, $1, 'WAITING', 0, $8, $9, $10, coalesce($5::timestamptz, $10), FALSE
FROM queued JOIN unnest($6::uuid[]) WITH ORDINALITY AS k(id, place) USING (place)
"""
# Held until our commit: it must not begin before what wants it is there to be seen. Who has it in hand just now has begun it.
_WAITING = """
SELECT j.id FROM procrastinate_jobs q JOIN job j ON j.queue_id = q.id
WHERE q.queueing_lock = $1 AND q.status = 'todo' FOR UPDATE OF q SKIP LOCKED
"""


async def enqueue(
    deed: Deed,
    task: Task[Arguments],
    given: Arguments,
    *,
    at: datetime | None = None,
    once: str | None = None,
    alone: str | None = None,
    starter: UUID | None = None,
) -> UUID:
    """Have it done after this transaction has committed, or at `at`; the job's id.

    `once`: while a job with this word waits, there is no second one: the id is that of the first. `alone`: jobs with this word
    never run at the same time, and run in the order in which they were enqueued. `starter` is the person who sees the job and its
    progress; by default whoever acts, or for whom a job acts.
    """
    if once is not None:
        # Two that come at once would both find nobody: the second waits here until the first has committed.
        await deed.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 7261045))", once)
        if waiting := await deed.rows(_WAITING, once):
            found: UUID = waiting[0]["id"]
            return found
    return (await _enqueue(deed, task, [given], at=at, once=once, alone=alone, starter=starter))[0]


async def enqueue_many(
    deed: Deed,
    task: Task[Arguments],
    given: Sequence[Arguments],
    *,
    at: datetime | None = None,
    alone: str | None = None,
    starter: UUID | None = None,
) -> list[UUID]:
    """Many jobs of one task by one statement for every few hundred, in this order."""
    parts = [given[start : start + BATCH] for start in range(0, len(given), BATCH)]
    return [each for part in parts for each in await _enqueue(deed, task, part, at=at, alone=alone, starter=starter)]


async def _enqueue(
    deed: Deed,
    task: Task[Arguments],
    given: Sequence[Arguments],
    *,
    at: datetime | None,
    once: str | None = None,
    alone: str | None,
    starter: UUID | None,
) -> list[UUID]:
    ids = [new_id(Kind.JOB) for _ in given]
    kept = [orjson.dumps(task.written(each)).decode() for each in given]
    await deed.run(
        _ENQUEUE, task.name, task.priority, alone, once, at, ids, kept, task.retries.attempts,
        starter or deed.actor or deed.on_behalf_of, deed.at,
    )  # fmt: skip
    return ids
