"""Whoever started a job is told how far it is and how it ends, and nobody else."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.factories.api import Api
from tests.factories.sockets import ConnectedOffice, connected
from tests.notify.errands import Diary, Errand, working

from crm.services.jobs import enqueue
from crm.services.system.accounts import system_deed
from crm.services.system.job_runs import JobFailed

office = pytest.fixture(connected)
PROGRESS = """subscription ($after: String) { events(topics: [JOB_PROGRESS], after: $after) { cursor topic
  record { ... on Job { id state stepsDone stepsTotal phase reason } } } }"""


async def sent(office: ConnectedOffice, task, starter: Api | None) -> str:
    async with system_deed(office.database, "test") as deed:
        return str(await enqueue(deed, task, Errand(1), starter=None if starter is None else UUID(starter.id)))


async def until(listener, state: str) -> list[dict]:
    """What is told until a job is in this state."""
    told = []
    while not told or told[-1]["state"] != state:
        event = await listener.next()
        assert event["topic"] == "JOB_PROGRESS"
        told.append(event["record"])
    return told


async def test_the_starter_sees_it_go_on_and_end(office: ConnectedOffice):
    async def count(run, errand):
        for step in range(1, 41):
            await run.progress(step, 40, "importing")
            await asyncio.sleep(0.05)

    diary = Diary(then=count)
    clerk, other = await office.hire("clerk"), await office.hire("other", {"job.READ": "ALL"})
    async with (
        working(office.database, diary.task()),
        office.listens(clerk, PROGRESS) as mine,
        office.listens(other, PROGRESS) as theirs,
    ):
        job_id = await sent(office, diary.task(), clerk)
        told = await until(mine, "DONE")
        assert {each["id"] for each in told} == {job_id}
        steps = [each["stepsDone"] for each in told if each["stepsDone"] is not None]
        assert steps == sorted(steps)
        assert (steps[-1], told[-1]["stepsTotal"], told[-1]["phase"]) == (40, 40, "importing")
        assert 3 <= len(told) <= 3 + 2 * 6, "twice a second at most"
        assert await theirs.silent()


async def test_a_failure_is_told(office: ConnectedOffice):
    async def fail(run, errand):
        raise JobFailed("The list is empty.", again=False)

    diary = Diary(then=fail)
    clerk = await office.hire("clerk")
    async with working(office.database, diary.task()), office.listens(clerk, PROGRESS) as mine:
        await sent(office, diary.task(), clerk)
        assert (await until(mine, "FAILED"))[-1]["reason"] == "The list is empty."


async def test_what_was_missed_is_made_up_for(office: ConnectedOffice):
    diary = Diary()
    clerk = await office.hire("clerk")
    async with office.listens(clerk, PROGRESS) as before:
        job_id = await sent(office, diary.task(), clerk)
        await office.admin.do("jobCancel", "job { state }", id=job_id)
        await until(before, "CANCELLED")
    second = await sent(office, diary.task(), clerk)
    async with working(office.database, diary.task()), office.listens(clerk, PROGRESS, before.cursor) as after:
        assert (await until(after, "DONE"))[-1]["id"] == second


async def test_of_the_systems_own_jobs_nobody_is_told(office: ConnectedOffice):
    diary = Diary()
    async with working(office.database, diary.task()), office.listens(office.admin, PROGRESS) as admins:
        await sent(office, diary.task(), None)
        assert await admins.silent()
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'jobProgress'") == 0
