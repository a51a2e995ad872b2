"""One run of a background job: what a task gets, and what is written of it.

A worker holds a job as long as the row in procrastinate's table names it. If it falls silent the job is given to another; should
it then wake up, nothing it still wants to write gets through, because every statement here asks whether the job is still its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from uuid import UUID

from crm.services import events
from crm.services.deeds import Channel, Database, Deed
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic

PROGRESS_SECONDS = 0.5
"""Progress is written, and told, at most so often."""


class JobFailed(Exception):
    """The job cannot be done; `reason` is one line for people, without anybody's data. `again`: worth another attempt."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class Superseded(Exception):
    """The job was taken from this run, which fell silent: it must change nothing any more."""


async def tell_starter(deed: Deed, job_id: UUID, starter: UUID | None) -> None:
    """Tell whoever started the job that there is something new about it; of the system's own jobs nobody is told."""
    if starter is not None:
        await events.record(deed, Topic.JOB_PROGRESS, job_id, [starter])


@dataclass(slots=True)
class JobRun:
    """One attempt at a job. `holder` is the worker's number, `attempt` counts from 1."""

    database: Database
    id: UUID
    queue_id: int
    holder: int
    attempt: int
    _told_at: float = field(default=float("-inf"), init=False)
    _untold: tuple[int, int | None, str | None] | None = field(default=None, init=False)

    @asynccontextmanager
    async def deed(self, *, channel: Channel = Channel.SYSTEM) -> AsyncIterator[Deed]:
        """A transaction of the system's, on behalf of whoever started the job. Only while the job is ours."""
        async with system_deed(self.database, f"job {self.id}", channel=channel) as opened:
            # The lock keeps the row as it is until the commit: a job with an open deed is not given to another.
            held = await opened.rows(_HELD, self.queue_id, self.holder)
            if not held:
                raise Superseded
            yield replace(opened, on_behalf_of=held[0]["starter_id"])

    async def progress(self, done: int, total: int | None = None, phase: str | None = None) -> None:
        """How far it has come. Call it as often as you like: it is written twice a second, and at the end of the run."""
        self._untold = (done, total, phase or (self._untold[2] if self._untold else None))
        if asyncio.get_running_loop().time() - self._told_at >= PROGRESS_SECONDS:
            await self.tell()

    async def tell(self) -> None:
        """Write the progress that was not written yet."""
        if self._untold is None:
            return
        (done, total, phase), self._untold = self._untold, None
        self._told_at = asyncio.get_running_loop().time()
        async with system_deed(self.database, f"job {self.id}") as opened:
            for row in await opened.rows(_PROGRESS, self.queue_id, self.holder, done, total, phase):
                await tell_starter(opened, self.id, row["starter_id"])


_HELD = """
SELECT j.starter_id FROM procrastinate_jobs q JOIN job j ON j.queue_id = q.id
WHERE q.id = $1 AND q.worker_id = $2 AND q.status = 'doing' FOR SHARE OF q
"""
_PROGRESS = """
UPDATE job j SET steps_done = $3, steps_total = $4, phase = coalesce($5, j.phase)
FROM procrastinate_jobs q WHERE q.id = $1 AND j.queue_id = q.id AND q.worker_id = $2 AND q.status = 'doing'
RETURNING j.starter_id
"""
