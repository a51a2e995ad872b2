"""Workers that are killed, and workers that fall silent and wake up: every job is done, and its deed once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from tests.notify.errands import agreed, job, reaches, working
from tests.notify.job_process import PACE, TABLES, TASK, Errand
from tests.servers import environment

from crm.notify import job_ledger
from crm.notify.jobs import TASKS
from crm.rules.system.retries import Retries
from crm.services.jobs import Task, enqueue, enqueue_many
from crm.services.system.accounts import system_deed
from crm.store.database import Database

pytestmark = pytest.mark.slow


@asynccontextmanager
async def process(database: Database, home) -> AsyncIterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(home / "tests/notify/job_process.py"), database.url]
    started = subprocess.Popen(
        command, cwd=home, env=environment(PYTHONPATH=str(home)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield started
    finally:
        with suppress(ProcessLookupError):
            started.kill()
        started.wait()


@pytest.fixture
async def marked(database: Database) -> Database:
    async with database.connection() as connection:
        await connection.execute(TABLES)
    return database


async def rows(database: Database, sql: str) -> list:
    async with database.connection() as connection:
        return [tuple(row) for row in await connection.fetch(sql)]


async def until(database: Database, sql: str, count: int) -> list:
    async with asyncio.timeout(30):
        while len(found := await rows(database, sql)) < count:
            await asyncio.sleep(0.02)
    return found


async def test_jobs_of_a_killed_process_are_done_by_another(marked: Database, request):
    async with system_deed(marked, "test") as deed:
        ids = await enqueue_many(deed, TASK, [Errand(number) for number in range(8)])
    async with process(marked, request.config.rootpath) as victim:
        await until(marked, "SELECT number FROM begun", 8)
        victim.kill()
        victim.wait()
    assert await rows(marked, "SELECT * FROM mark") == []
    async with working(marked, TASK, pace=PACE):
        ended = [await reaches(marked, job_id, "DONE") for job_id in ids]
    assert sorted(await rows(marked, "SELECT number, pid FROM mark")) == [(number, os.getpid()) for number in range(8)]
    assert {row["attempts"] for row in ended} == {2}


async def test_who_falls_silent_and_wakes_up_changes_nothing_any_more(marked: Database, request):
    """Stopped, not killed: it goes on in the middle of its job, and finds that the job is not its own."""
    async with process(marked, request.config.rootpath) as sleeper:
        async with system_deed(marked, "test") as deed:
            job_id = await enqueue(deed, TASK, Errand(1))
        await until(marked, "SELECT number FROM begun", 1)
        sleeper.send_signal(signal.SIGSTOP)
        async with working(marked, TASK, pace=PACE):
            await reaches(marked, job_id, "DONE")
        sleeper.send_signal(signal.SIGCONT)
        await asyncio.sleep(3.2)
        assert await rows(marked, "SELECT number, pid FROM mark") == [(1, os.getpid())]
        row = await reaches(marked, job_id, "DONE")
        assert row["attempts"] == 2
        # Struck off meanwhile, it has begun anew and works again.
        async with system_deed(marked, "test") as deed:
            second = await enqueue(deed, TASK, Errand(2, slow=False))
        await reaches(marked, second, "DONE")
        assert (2, sleeper.pid) in await rows(marked, "SELECT number, pid FROM mark")


async def test_a_job_that_kills_its_process_is_given_up(marked: Database, request):
    deadly = Task(TASK.name, TASK.run, Errand, retries=Retries(attempts=2))
    async with system_deed(marked, "test") as deed:
        job_id = await enqueue(deed, deadly, Errand(1, deadly=True))
    for _ in range(2):
        async with process(marked, request.config.rootpath) as victim:
            assert await asyncio.to_thread(victim.wait, 60) == -signal.SIGKILL
    async with working(marked, TASK, pace=PACE):
        row = await reaches(marked, job_id, "FAILED")
    assert (row["attempts"], row["reason"]) == (2, job_ledger.LOST)
    assert (await job(marked, job_id))["finished_at"] is not None
    await agreed(marked)


async def test_a_server_does_its_periodic_work(database: Database, live: str):
    """All periodic tasks are enqueued when a worker starts whose span nobody has worked in."""
    periodic = sorted(task.name for task in TASKS if task.every is not None)
    assert {"forecasts.take", "jobs.purge", "merges.purge", "pool.recycle", "traces.purge"} <= set(periodic)
    found = await until(database, "SELECT name FROM job WHERE state = 'DONE' ORDER BY 1", len(periodic))
    assert [name for (name,) in found] == periodic
    await agreed(database)


async def test_nothing_of_the_queue_is_imported_before_a_worker_starts():
    """Commands and the application are imported without it: a quarter of a second and nine megabytes."""
    code = "import sys, crm.app, crm.cli.commands; print(*[name for name in sys.modules if name.startswith('procrastinate')])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment())
    assert (answer.returncode, answer.stdout.strip()) == (0, ""), answer
