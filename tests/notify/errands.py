"""Background jobs as tests use them: tasks that note what they did, workers at a quick pace, and what is in the tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm.notify import jobs
from crm.rules.system.retries import Retries
from crm.services.jobs import Task, enqueue
from crm.services.system.accounts import system_deed
from crm.services.system.job_runs import JobRun
from crm.store.database import Database

QUICK = jobs.Pace(at_once=8, poll=0.05, look=0.1, heartbeat=0.1, silent=10.0, grace=0.3)
SOON = Retries(attempts=3, first=timedelta(milliseconds=60), factor=3, jitter=0)
LONG = 15


@dataclass(frozen=True)
class Errand:
    """The arguments of the tasks here."""

    number: int
    who: UUID | None = None


@dataclass
class Diary:
    """What ran, in order: (number, attempt, when)."""

    entries: list[tuple[int, int, float]] = field(default_factory=list)
    then: Callable[[JobRun, Errand], Awaitable[None]] | None = None

    async def note(self, run: JobRun, errand: Errand) -> None:
        self.entries.append((errand.number, run.attempt, asyncio.get_running_loop().time()))
        if self.then is not None:
            await self.then(run, errand)

    @property
    def numbers(self) -> list[int]:
        return [number for number, _, _ in self.entries]

    def task(self, **others: Any) -> Task[Errand]:
        return Task("test.errand", self.note, Errand, **{"retries": SOON, **others})


async def sent(database: Database, task: Task[Errand], number: int = 1, **how: Any) -> UUID:
    """Enqueue by a deed of its own."""
    async with system_deed(database, "test") as deed:
        return await enqueue(deed, task, Errand(number), **how)


@asynccontextmanager
async def working(database: Database, *tasks: Task[Any], pace: jobs.Pace = QUICK, workers: int = 1) -> AsyncIterator[None]:
    """Workers of these tasks, for as long as the block lasts."""
    running = [asyncio.create_task(jobs.run(database, tasks, pace)) for _ in range(workers)]
    try:
        yield
    finally:
        for each in running:
            each.cancel()
        for each in running:
            with suppress(asyncio.CancelledError):
                await each


async def job(database: Database, job_id: UUID) -> Any:
    """The row people see."""
    async with database.connection() as connection:
        return await connection.fetchrow("SELECT * FROM job WHERE id = $1", job_id)


async def reaches(database: Database, job_id: UUID, state: str) -> Any:
    """Wait until the job is in this state; its row."""
    row = None
    with suppress(TimeoutError):
        async with asyncio.timeout(LONG):
            while (row := await job(database, job_id))["state"] != state:
                await asyncio.sleep(0.01)
    assert row["state"] == state, dict(row)
    await agreed(database)
    return row


PAIRS = {"todo": "WAITING", "doing": "RUNNING", "succeeded": "DONE", "failed": "FAILED", "cancelled": "CANCELLED",
         "aborted": "CANCELLED"}  # fmt: skip


async def agreed(database: Database) -> None:
    """procrastinate's table and ours tell the same of every job."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT q.status, j.state, q.id, j.queue_id FROM procrastinate_jobs q FULL JOIN job j ON j.queue_id = q.id"
        )
    assert [dict(row) for row in rows if PAIRS.get(row["status"]) != row["state"]] == []
