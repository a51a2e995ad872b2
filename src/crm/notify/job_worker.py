"""procrastinate's worker with our ledger, our retries, and our periodic tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import SystemRandom
from typing import Any
from uuid import UUID

import structlog
from procrastinate import App
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason, JobContext
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker

from crm.core.clock import now
from crm.core.errors import DomainError
from crm.notify.job_connector import Connector
from crm.notify.job_ledger import Ledger, Verdict
from crm.notify.jobs import Pace
from crm.services.jobs import Task
from crm.services.system.job_runs import JobFailed, JobRun, Superseded
from crm.services.system.periodic_jobs import enqueue_span, span_of
from crm.store.database import Database
from crm.store.errors import is_away

STOPPED = "The server was stopped."

log = structlog.get_logger("crm.jobs")
dice = SystemRandom().random


class Interrupted(Exception):
    """The worker stops and the job was not done in the time it was given: it begins again elsewhere, and has lost no attempt."""


class JobWorker(Worker):
    """One worker. What procrastinate runs beside the jobs to enqueue periodic ones, is ours here, and rescues lost ones too.

    The name begins with an underscore, so a new version may move it; the tests of periodic and of lost jobs would tell.
    """

    def __init__(self, app: App, beside: Callable[[], Awaitable[None]], **options: Any) -> None:
        super().__init__(app, **options)
        self.beside = beside

    async def _periodic_deferrer(self) -> None:
        await self.beside()


def make_worker(database: Database, tasks: tuple[Task[Any], ...], pace: Pace) -> JobWorker:
    """A worker of these tasks, ready to `run`."""
    connector = Connector(database)
    app, ledger = App(connector=connector), Ledger(connector)
    app.job_manager = ledger
    for task in tasks:
        app.task(name=task.name, queue=task.name, pass_context=True, retry=Strategy(task))(_performer(database, ledger, task))
    return JobWorker(
        app,
        lambda: _look_around(database, ledger, tasks, pace),
        name="jobs",
        queues=[task.name for task in tasks],
        concurrency=pace.at_once,
        fetch_job_polling_interval=pace.poll,
        abort_job_polling_interval=pace.poll,
        update_heartbeat_interval=pace.heartbeat,
        stalled_worker_timeout=pace.silent,
        shutdown_graceful_timeout=pace.grace,
        install_signal_handlers=False,
    )


class Strategy(BaseRetryStrategy):
    """A task's retries, as procrastinate asks for them."""

    def __init__(self, task: Task[Any]) -> None:
        self.task = task

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again; None to give up."""
        if isinstance(exception, Interrupted):
            return RetryDecision(retry_at=now())
        if isinstance(exception, Superseded) or (isinstance(exception, JobFailed) and not exception.again):
            return None
        pause = self.task.retries.pause(job.attempts + 1, dice)
        return None if pause is None else RetryDecision(retry_at=now() + pause)


def _performer(database: Database, ledger: Ledger, task: Task[Any]) -> Callable[..., Awaitable[None]]:
    """The function procrastinate calls with what `enqueue` has kept."""

    async def perform(context: JobContext, *, job: str, given: Any) -> None:
        number, holder = context.job.id, context.job.worker_id
        assert number is not None
        assert holder is not None
        run = JobRun(database, UUID(job), number, holder, context.job.attempts + 1)
        try:
            async with asyncio.timeout(task.longest.total_seconds()) as limit:
                await task.run(run, task.read(given))
                await run.tell()
            log.info("job done", job=job, task=task.name, attempt=run.attempt)
        except asyncio.CancelledError:
            raise _cut_short(ledger, number, context.abort_reason()) from None
        except Exception as error:
            ledger.verdicts[number] = Verdict(_reason(error, task.longest if limit.expired() else None))
            log.warning("job failed", job=job, task=task.name, attempt=run.attempt, exc_info=not isinstance(error, Superseded))
            raise

    return perform


def _cut_short(ledger: Ledger, number: int, why: AbortReason | None) -> Exception:
    """What a cancelled run ends with. A stop of ours costs no attempt; what is cancelled from inside might be so for ever."""
    match why:
        case AbortReason.USER_REQUEST:
            return JobAborted()
        case AbortReason.SHUTDOWN:
            ledger.verdicts[number] = Verdict(STOPPED, counts=False)
            return Interrupted()
        case None:
            failed = JobFailed("It was cancelled from inside.")
            ledger.verdicts[number] = Verdict(failed.reason)
            return failed


def _reason(error: Exception, limit: timedelta | None) -> str:
    """One line for people. What a driver or a library says may quote anybody's data: of those only the kind is told."""
    if limit is not None:
        return f"It took longer than {limit.total_seconds():g} s."
    if isinstance(error, JobFailed):
        return error.reason
    if isinstance(error, DomainError):
        return error.message
    return f"{type(error).__name__}; the log has more."


async def _look_around(database: Database, ledger: Ledger, tasks: tuple[Task[Any], ...], pace: Pace) -> None:
    """Enqueue periodic tasks and rescue lost jobs, until cancelled."""
    begun: dict[str, int] = {}
    while True:
        try:
            await ledger.rescue(pace.silent)
            for task in tasks:
                if task.every is not None and begun.get(task.name) != (span := span_of(task, now())):
                    await enqueue_span(database, task, span)
                    begun[task.name] = span
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("periodic jobs wait, the database is away", reason=type(error).__name__)
        await asyncio.sleep(pace.look)
