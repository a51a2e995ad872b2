"""The worker of background jobs: takes what is due, runs it, and lets what failed come back.

All of procrastinate is imported when the worker starts, beside the loop: neither `crm --help` nor the first request waits for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog

from crm.services.customers.assignment_watch import EXPIRE_ASSIGNMENTS
from crm.services.customers.forecasts import TAKE_FORECAST
from crm.services.customers.merge_ledger import GATHER_STRAYS, PURGE_MERGES
from crm.services.customers.recycling import RECYCLE
from crm.services.jobs import Task
from crm.services.messaging.housekeeping import PURGE_REPORTS
from crm.services.messaging.sms_batch_preparing import PREPARE
from crm.services.system.housekeeping import PURGE_JOBS, PURGE_TRACES
from crm.store.database import Database
from crm.store.errors import is_away

TASKS: tuple[Task[Any], ...] = (
    PURGE_JOBS,
    PURGE_TRACES,
    TAKE_FORECAST,
    PURGE_MERGES,
    GATHER_STRAYS,
    RECYCLE,
    EXPIRE_ASSIGNMENTS,
    PREPARE,
    PURGE_REPORTS,
)
"""Everything that can be done in the background. A job of a task that is not here waits for a worker that knows it."""

PAUSE_AFTER_FAILURE = 1.0

log = structlog.get_logger("crm.jobs")


@dataclass(frozen=True, slots=True)
class Pace:
    """How quickly things are noticed, in seconds, and how many jobs run at once in this process.

    `poll` is for jobs whose time comes and for notifications that were missed: of a new job the worker hears at its commit.
    `silent` is how long a worker may go without a heartbeat before its jobs are given to others. `grace` is what running jobs get
    at a stop.
    """

    at_once: int = 4
    poll: float = 2.0
    look: float = 5.0
    heartbeat: float = 3.0
    silent: float = 20.0
    grace: float = 5.0


async def run(database: Database, tasks: tuple[Task[Any], ...] | None = None, pace: Pace = Pace()) -> None:
    """Work at these tasks, or at all there are, until cancelled.

    Then jobs that run get some seconds to end, and those that do not are left to be begun again.
    """
    make = await asyncio.to_thread(_maker)
    while True:
        try:
            await make(database, TASKS if tasks is None else tasks, pace).run()
            log.warning("job worker stopped", again_in=PAUSE_AFTER_FAILURE)
        except Exception as error:
            if _is_cancelled():
                raise asyncio.CancelledError from error  # it failed while it stopped: the database went before us
            if is_away(error):
                log.warning("job worker waits, the database is away", reason=type(error).__name__)
            else:
                log.exception("job worker failed")
        await asyncio.sleep(PAUSE_AFTER_FAILURE)


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _maker() -> Any:
    from crm.notify.job_worker import make_worker

    return make_worker
