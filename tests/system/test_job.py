"""Background jobs through the API: who sees them, dead letters, retrying and cancelling."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

import pytest
from tests.factories.api import Api, Office, opened
from tests.notify.errands import SOON, Diary, Errand, agreed, job, reaches, working

from crm.services.jobs import enqueue
from crm.services.system.accounts import system_deed
from crm.services.system.job_runs import JobFailed

office = pytest.fixture(opened)
JOB = (
    "job { id name state attempts mostAttempts createdAt dueAt startedAt finishedAt reason cancelling phase stepsDone stepsTotal"
    " starter { username } actions }"
)
LIST = "totalCount nodes { id name state reason starter { username } actions }"


async def sent(office: Office, task, number: int = 1, starter: Api | None = None) -> str:
    async with system_deed(office.database, "test") as deed:
        return str(await enqueue(deed, task, Errand(number), starter=None if starter is None else UUID(starter.id)))


async def failed(office: Office, task) -> str:
    job_id = await sent(office, task)
    async with working(office.database, task):
        await reaches(office.database, UUID(job_id), "FAILED")
    return job_id


async def test_a_dead_letter_is_seen_retried_and_done(office: Office):
    async def fail_three_times(run, errand):
        if len(diary.entries) <= 3:
            raise JobFailed("The post office is closed.")

    diary = Diary(then=fail_three_times)
    task = diary.task()
    job_id = await failed(office, task)
    (seen,) = (await office.admin.ask("jobs", LIST, filter={"state": {"eq": "FAILED"}}))["nodes"]
    assert seen == {
        "id": job_id, "name": "test.errand", "state": "FAILED", "reason": "The post office is closed.", "starter": None,
        "actions": ["RETRY"],
    }  # fmt: skip
    told = (await office.admin.ask("notifications", "nodes { kind actor { id } record { id } }"))["nodes"]
    assert told == [{"kind": "JOB_FAILED", "actor": None, "record": {"id": job_id}}]
    again = await office.admin.do("jobRetry", JOB, id=job_id)  # nobody works yet who could have begun it already
    assert (again["state"], again["attempts"], again["finishedAt"], again["actions"]) == ("WAITING", 0, None, ["CANCEL"])
    async with working(office.database, task):
        await reaches(office.database, UUID(job_id), "DONE")
    done = await office.admin.ask("job", JOB.removeprefix("job { ").removesuffix(" }"), id=job_id)
    assert (done["state"], done["attempts"], done["mostAttempts"], done["reason"], done["actions"]) == ("DONE", 1, 3, None, [])
    assert len(diary.entries) == 4


async def test_whoever_started_a_job_and_whoever_could_retry_it_hear_that_it_was_given_up(office: Office):
    async def fail(run, errand):
        raise JobFailed("There is no such list.", again=False)

    clerk, other = await office.hire("clerk", {"customer.READ": "ALL"}), await office.hire("other", {"job.READ": "ALL"})
    diary = Diary(then=fail)
    task = diary.task()
    job_id = await sent(office, task, starter=clerk)
    async with working(office.database, task):
        await reaches(office.database, UUID(job_id), "FAILED")
    told = "nodes { kind record { id } }"
    for person, heard in ((clerk, 1), (office.admin, 1), (other, 0)):
        nodes = (await person.ask("notifications", told))["nodes"]
        assert nodes == [{"kind": "JOB_FAILED", "record": {"id": job_id}}] * heard
    done = Diary()
    job_id = await sent(office, done.task(), starter=clerk)
    async with working(office.database, done.task()):
        await reaches(office.database, UUID(job_id), "DONE")
    assert len((await clerk.ask("notifications", told))["nodes"]) == 1


async def test_a_retry_wakes_the_worker(office: Office):
    async def fail_three_times(run, errand):
        if len(diary.entries) <= 3:
            raise JobFailed("Closed.")

    diary = Diary(then=fail_three_times)
    job_id = await failed(office, diary.task())
    from crm.notify.jobs import Pace

    async with working(office.database, diary.task(), pace=Pace(poll=60, grace=0.3)):
        await asyncio.sleep(0.3)
        await office.admin.do("jobRetry", JOB, id=job_id)
        await reaches(office.database, UUID(job_id), "DONE")


async def test_a_job_that_waits_is_cancelled_and_never_runs(office: Office):
    diary = Diary()
    job_id = await sent(office, diary.task())
    cancelled = await office.admin.do("jobCancel", JOB, id=job_id)
    assert (cancelled["state"], cancelled["actions"], cancelled["attempts"]) == ("CANCELLED", [], 0)
    assert cancelled["finishedAt"] is not None
    async with working(office.database, diary.task()):
        await asyncio.sleep(0.3)
    assert diary.entries == []
    await agreed(office.database)


async def test_a_job_that_runs_is_asked_to_stop(office: Office):
    begun = asyncio.Event()

    async def long(run, errand):
        begun.set()
        await asyncio.sleep(60)

    diary = Diary(then=long)
    async with working(office.database, diary.task()):
        job_id = await sent(office, diary.task())
        await begun.wait()
        asked = await office.admin.do("jobCancel", JOB, id=job_id)
        assert (asked["state"], asked["cancelling"]) in [("RUNNING", True), ("CANCELLED", False)]
        row = await reaches(office.database, UUID(job_id), "CANCELLED")
    assert (row["cancelling"], len(diary.entries)) == (False, 1)


async def test_what_is_over_takes_no_verb_and_a_refusal_changes_nothing(office: Office):
    diary = Diary()
    job_id = await sent(office, diary.task())
    async with working(office.database, diary.task()):
        await reaches(office.database, UUID(job_id), "DONE")
    async with office.unchanged():
        assert await office.admin.refusals("jobRetry", id=job_id) == [("ILLEGAL_TRANSITION", None)]
        assert await office.admin.refusals("jobCancel", id=job_id) == [("ILLEGAL_TRANSITION", None)]
        assert await office.admin.refusals("jobRetry", id=office.admin.id) == [("NOT_FOUND", ["id"])]


async def test_people_see_their_own_jobs_and_manage_none(office: Office):
    diary = Diary()
    clerk, other = await office.hire("clerk", {"customer.READ": "ALL"}), await office.hire("other", {"customer.READ": "ALL"})
    mine, nobodys = await sent(office, diary.task(), 1, clerk), await sent(office, diary.task(), 2)
    seen = await clerk.ask("jobs", LIST)
    assert [(each["id"], each["starter"]["username"]) for each in seen["nodes"]] == [(mine, "clerk")]
    assert (await other.ask("jobs", LIST))["totalCount"] == 0
    assert (await clerk.asked("job", "id", id=nobodys)).codes == ["NOT_FOUND"]
    async with office.unchanged():
        assert (await clerk.run("mutation($id: ID!) { jobCancel(id: $id) { job { id } } }", id=mine)).codes == ["FORBIDDEN"]
    reader = await office.hire("reader", {"job.READ": "ALL"})
    assert (await reader.ask("jobs", LIST))["totalCount"] == 2
    assert (await office.anonymous.asked("jobs", "totalCount")).codes == ["UNAUTHENTICATED"]


async def test_whoever_acts_is_the_starter(office: Office):
    from crm.access.grants import Rights, ViewerKind
    from crm.access.viewer import Viewer
    from crm.services.deeds import deed

    diary = Diary()
    clerk = await office.hire("clerk", {})
    viewer = Viewer(Rights(ViewerKind.STAFF, {}), id=UUID(clerk.id))
    async with deed(office.database, viewer, "test") as opened_deed:
        job_id = await enqueue(opened_deed, diary.task(), Errand(1))
    assert (await job(office.database, job_id))["starter_id"] == viewer.id


async def test_a_run_acts_as_the_system_on_behalf_of_the_starter(office: Office):
    acted = []

    async def act(run, errand):
        async with run.deed() as deed:
            acted.append((deed.actor, str(deed.on_behalf_of), deed.viewer.rights.kind))

    diary = Diary(then=act)
    clerk = await office.hire("clerk", {})
    job_id = await sent(office, diary.task(), 1, clerk)
    async with working(office.database, diary.task()):
        await reaches(office.database, UUID(job_id), "DONE")
    assert acted == [(None, clerk.id, "SYSTEM")]


async def test_a_hidden_reason_is_hidden(office: Office, caplog):
    caplog.set_level(logging.CRITICAL)

    async def fail(run, errand):
        raise JobFailed("The password of the mail server is wrong.", again=False)

    diary = Diary(then=fail)
    await failed(office, diary.task(retries=SOON))
    looker = await office.hire("looker", {"job.READ": "ALL"}, hidden=["job.reason"])
    answer = await looker.asked("jobs", LIST)
    assert [node["reason"] for node in answer.data["jobs"]["nodes"]] == [None]
    assert answer.codes == ["FORBIDDEN"]


async def test_more_jobs_take_no_more_statements(office: Office):
    diary = Diary()
    await sent(office, diary.task(), 1, office.admin)
    await office.admin.ask("jobs", LIST)  # the viewer is loaded with the first request
    async with office.counted() as few:
        await office.admin.ask("jobs", LIST)
    for number in range(20):
        await sent(office, diary.task(), number, office.admin)
    async with office.counted() as many:
        assert (await office.admin.ask("jobs", LIST))["totalCount"] == 21
    assert len(many.queries) == len(few.queries)
