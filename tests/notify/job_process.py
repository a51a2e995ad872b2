"""A worker in a process of its own, for tests that kill it: `python job_process.py URL`.

Its task says that it began, takes three seconds the first time, and leaves one mark in a deed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass

from crm.notify import jobs
from crm.services.jobs import Task
from crm.services.system.job_runs import JobRun
from crm.store.database import open_database

TABLES = """
CREATE UNLOGGED TABLE begun (number int, pid int, attempt int);
CREATE UNLOGGED TABLE mark (number int, pid int);
"""
PACE = jobs.Pace(at_once=8, poll=0.05, look=0.1, heartbeat=0.1, silent=2.5, grace=0.3)


@dataclass(frozen=True)
class Errand:
    """Which one, and whether the first attempt takes long."""

    number: int
    slow: bool = True
    deadly: bool = False


async def perform(run: JobRun, errand: Errand) -> None:
    async with run.database.connection() as connection:
        await connection.execute("INSERT INTO begun VALUES ($1, $2, $3)", errand.number, os.getpid(), run.attempt)
    if errand.deadly:
        os.kill(os.getpid(), 9)
    if errand.slow and run.attempt == 1:
        await asyncio.sleep(3)
    async with run.deed() as deed:
        await deed.run("INSERT INTO mark VALUES ($1, $2)", errand.number, os.getpid())


TASK = Task("test.process", perform, Errand)


async def main(url: str) -> None:
    async with open_database(url, max_size=10) as database:
        await jobs.run(database, (TASK,), PACE)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
