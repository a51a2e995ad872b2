"""Background jobs: done if and when what wanted them was committed, once, again after a failure, and never twice at once."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.notify.errands import LONG, QUICK, SOON, Diary, Errand, agreed, job, reaches, sent, working

from crm.core.clock import now
from crm.core.errors import Invalid
from crm.core.ids import kind_of
from crm.core.kinds import Kind
from crm.notify import jobs
from crm.notify.job_connector import Connector
from crm.notify.job_ledger import Ledger
from crm.services.jobs import Nothing, Task, enqueue, enqueue_many
from crm.services.system.accounts import system_deed
from crm.services.system.job_runs import JobFailed
from crm.services.system.periodic_jobs import enqueue_span, span_of


async def test_a_job_runs_after_the_commit_and_not_before(database):
    diary = Diary()
    task = diary.task()
    async with working(database, task):
        async with system_deed(database, "test") as deed:
            job_id = await enqueue(deed, task, Errand(7))
            await asyncio.sleep(0.3)
            assert diary.numbers == []
        row = await reaches(database, job_id, "DONE")
    assert diary.numbers == [7]
    assert kind_of(job_id) is Kind.JOB
    assert (row["attempts"], row["reason"], row["name"]) == (1, None, "test.errand")
    assert row["created_at"] <= row["started_at"] <= row["finished_at"]


async def test_a_job_of_a_transaction_that_failed_never_was(database):
    diary = Diary()
    task = diary.task()
    async with working(database, task):
        with pytest.raises(Invalid):
            async with system_deed(database, "test") as deed:
                job_id = await enqueue(deed, task, Errand(1))
                raise Invalid("no")
        await reaches(database, await sent(database, task, 2), "DONE")
    assert diary.numbers == [2]
    assert await job(database, job_id) is None


async def test_a_commit_wakes_the_worker(database):
    """Nobody waits for a poll that comes once a minute; the median of several, because the machine may be busy."""
    diary = Diary()
    task = diary.task()
    waited = []
    async with working(database, task, pace=QUICK.__class__(poll=60, grace=0.3)):
        async with asyncio.timeout(LONG):
            while not diary.numbers:  # it may have looked before this was there, and begin to listen after
                await sent(database, task, 0)
                await asyncio.sleep(0.1)
        for number in range(1, 12):
            await asyncio.sleep(0.02)
            begun = asyncio.get_running_loop().time()
            await reaches(database, await sent(database, task, number), "DONE")
            waited.append(diary.entries[-1][2] - begun)
    assert sorted(waited)[5] < 0.5, waited


async def test_what_is_committed_while_the_worker_looks_is_not_overheard(database):
    class Slow(Ledger):
        """A look that finds nothing, and ends when a job has come meanwhile."""

        async def _taken(self, queues, worker_id):
            found = await super()._taken(queues, worker_id)
            if not sent_now:
                before = self.heard
                sent_now.append(await sent(database, task))
                async with asyncio.timeout(10):
                    while self.heard == before:
                        await asyncio.sleep(0.01)
            return found

    async def wake(**told):
        pass

    task, sent_now = Diary().task(), []
    ledger = Slow(Connector(database))
    worker = await ledger.register_worker()
    listening = asyncio.create_task(ledger.listen_for_jobs(on_notification=wake))
    await asyncio.sleep(0.3)
    found = await ledger.fetch_job(None, worker)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    assert found is not None
    assert found.task_kwargs["job"] == str(sent_now[0])


async def test_a_job_waits_for_its_time(database):
    diary = Diary()
    task = diary.task()
    due = now() + timedelta(seconds=0.6)
    async with working(database, task):
        job_id = await sent(database, task, at=due)
        await asyncio.sleep(0.3)
        assert diary.numbers == []
        row = await reaches(database, job_id, "DONE")
    assert row["started_at"] >= due == row["due_at"]


async def test_what_failed_comes_back_later_each_time_and_then_no_more(database, caplog):
    caplog.set_level(logging.CRITICAL)

    async def fail(run, errand):
        raise JobFailed(f"The peer said no to attempt {run.attempt}.")

    diary = Diary(then=fail)
    task = diary.task()
    async with working(database, task):
        row = await reaches(database, await sent(database, task), "FAILED")
        await asyncio.sleep(0.7)
    assert [attempt for _, attempt, _ in diary.entries] == [1, 2, 3]
    first, second, third = (at for _, _, at in diary.entries)
    assert second - first >= 0.06
    assert third - second >= 0.18
    assert (row["attempts"], row["most_attempts"], row["reason"]) == (3, 3, "The peer said no to attempt 3.")


async def test_a_failure_that_is_final_is_not_tried_again(database):
    async def fail(run, errand):
        raise JobFailed("There is no such list.", again=False)

    diary = Diary(then=fail)
    task = diary.task()
    async with working(database, task):
        row = await reaches(database, await sent(database, task), "FAILED")
    assert (row["attempts"], len(diary.entries)) == (1, 1)


async def test_the_reason_quotes_nobodys_data(database):
    async def fail(run, errand):
        async with run.deed() as deed:
            await deed.run("INSERT INTO idempotency_key (key) VALUES ($1)", "secret-4711")

    diary = Diary(then=fail)
    async with working(database, diary.task()):
        row = await reaches(database, await sent(database, diary.task()), "FAILED")
    assert "4711" not in row["reason"]
    assert row["reason"].endswith("; the log has more.")


async def test_a_run_that_is_cancelled_from_inside_has_failed(database):
    async def cancel(run, errand):
        raise asyncio.CancelledError

    diary = Diary(then=cancel)
    async with working(database, diary.task()):
        row = await reaches(database, await sent(database, diary.task()), "FAILED")
    assert (row["attempts"], row["reason"]) == (3, "It was cancelled from inside.")


async def test_a_run_that_takes_too_long_is_ended(database):
    diary = Diary(then=lambda run, errand: asyncio.sleep(60))
    task = diary.task(longest=timedelta(seconds=0.2), retries=SOON.__class__(attempts=1))
    async with working(database, task):
        row = await reaches(database, await sent(database, task), "FAILED")
    assert row["reason"] == "It took longer than 0.2 s."


async def test_jobs_that_must_be_alone_are_and_keep_their_order(database):
    at_work = 0

    async def alone(run, errand):
        nonlocal at_work
        at_work += 1
        assert at_work == 1
        await asyncio.sleep(0.02)
        at_work -= 1

    diary = Diary(then=alone)
    task = diary.task()
    async with working(database, task, workers=2):
        for number in range(8):
            job_id = await sent(database, task, number, alone="the ledger")
        await reaches(database, job_id, "DONE")
    assert diary.numbers == list(range(8))


async def test_of_what_waits_already_there_is_no_second_one(database):
    diary = Diary()
    task = diary.task()

    first = await sent(database, task, 1, once="recount")
    together = await asyncio.gather(*(sent(database, task, 2, once="another") for _ in range(5)))
    assert await sent(database, task, 3, once="recount") == first
    assert len(set(together)) == 1
    async with working(database, task):
        await reaches(database, first, "DONE")
        assert await sent(database, task, 4, once="recount") != first


async def test_what_comes_back_is_not_in_the_way_of_the_next(database):
    async def fail_once(run, errand):
        if errand.number == 1 and run.attempt == 1:
            second.append(await sent(database, task, 2, once="recount"))
            raise JobFailed("Not yet.")

    second = []
    diary = Diary(then=fail_once)
    task = diary.task()
    async with working(database, task):
        await reaches(database, await sent(database, task, 1, once="recount"), "DONE")
        await reaches(database, second[0], "DONE")


async def test_a_job_that_stands_for_a_second_wish_begins_after_that_one_is_committed(database):
    """Else it could have looked already at what the second wants it to see."""
    task = Diary().task()
    ledger = Ledger(Connector(database))
    worker = await ledger.register_worker()
    first = await sent(database, task, 1, once="recount")
    async with system_deed(database, "test") as deed:
        assert await enqueue(deed, task, Errand(2), once="recount") == first
        assert await ledger.fetch_job(None, worker) is None
    found = await ledger.fetch_job(None, worker)
    assert found is not None
    assert found.task_kwargs["job"] == str(first)


async def test_many_at_once(database):
    diary = Diary()
    task = diary.task()
    async with system_deed(database, "test") as deed:
        ids = await enqueue_many(deed, task, [Errand(number) for number in range(1200)], alone="a queue")
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT j.id, q.args FROM job j JOIN procrastinate_jobs q ON q.id = j.queue_id ORDER BY q.id"
        )
    assert [row["id"] for row in rows] == ids
    assert [json.loads(row["args"])["given"]["number"] for row in rows] == list(range(1200))


async def test_workers_never_run_one_job_twice(database):
    """Three workers over 200 jobs that take a moment each."""
    diary = Diary(then=lambda run, errand: asyncio.sleep(0.01))
    task = diary.task()
    async with system_deed(database, "test") as deed:
        ids = await enqueue_many(deed, task, [Errand(number) for number in range(200)])
    async with working(database, task, workers=3):
        for job_id in ids:
            await reaches_quickly(database, job_id)
    assert Counter(diary.numbers) == Counter(range(200))
    await agreed(database)


async def reaches_quickly(database, job_id):
    async with asyncio.timeout(30):
        while (await job(database, job_id))["state"] != "DONE":
            await asyncio.sleep(0.02)


async def test_a_stop_waits_a_little_and_then_leaves_the_job_to_the_next_worker(database):
    begun = asyncio.Event()

    async def long(run, errand):
        if len(diary.entries) == 1:
            begun.set()
            await asyncio.sleep(60)

    diary = Diary(then=long)
    task = diary.task(retries=SOON.__class__(attempts=1))
    async with working(database, task):
        job_id = await sent(database, task)
        await begun.wait()
    row = await job(database, job_id)
    assert (row["state"], row["attempts"]) == ("WAITING", 0), "a stop is no attempt"
    await agreed(database)
    async with working(database, task):
        row = await reaches(database, job_id, "DONE")
    assert row["attempts"] == 1


async def test_a_stop_lets_a_short_job_end(database):
    begun = asyncio.Event()

    async def short(run, errand):
        begun.set()
        await asyncio.sleep(0.1)

    diary = Diary(then=short)
    async with working(database, diary.task()):
        job_id = await sent(database, diary.task())
        await begun.wait()
    assert (await job(database, job_id))["state"] == "DONE"


async def test_progress_is_shown_and_written_twice_a_second_at_most(database):
    written = []

    async def count(run, errand):
        for step in range(400):
            await run.progress(step, 400, "counting")
            await asyncio.sleep(0.002)
            if step % 20 == 0:
                written.append((await job(database, run.id))["steps_done"])
        await run.progress(400, 400)

    diary = Diary(then=count)
    async with working(database, diary.task()):
        row = await reaches(database, await sent(database, diary.task()), "DONE")
    assert (row["steps_done"], row["steps_total"], row["phase"]) == (400, 400, "counting")
    assert 2 <= len(set(written)) <= 12, written


async def test_periodic_tasks_come_once_for_each_span_whoever_looks(database):
    runs = []

    async def tick(run, nothing):
        runs.append(run.id)

    task = Task("test.tick", tick, Nothing, every=timedelta(seconds=1))
    async with working(database, task, workers=3):
        await asyncio.sleep(3.4)
    async with database.connection() as connection:
        spans = await connection.fetchval("SELECT count(*) FROM procrastinate_events WHERE type = 'deferred'")
    assert 3 <= len(runs) <= 5
    assert spans == len(runs)


async def test_spans_that_nobody_worked_in_are_made_up_for_once(database):
    task = Task(
        "test.tick", lambda run, nothing: asyncio.sleep(0), Nothing, every=timedelta(hours=1), offset=timedelta(minutes=17)
    )
    span = span_of(task, now())
    assert span % 3600 == 17 * 60
    assert 0 <= now().timestamp() - span < 3600
    assert await enqueue_span(database, task, span - 5 * 3600) is not None
    assert await enqueue_span(database, task, span) is not None
    assert await enqueue_span(database, task, span) is None
    await agreed(database)


async def test_a_job_of_an_unknown_task_waits_for_a_worker_that_knows_it(database):
    """As the jobs of a new version do, while workers of the old one still run."""
    new, old = Diary(), Diary()
    later = replace(new.task(), name="test.later")
    async with working(database, old.task()):
        job_id = await sent(database, later)
        await reaches(database, await sent(database, old.task()), "DONE")
        assert (await job(database, job_id))["state"] == "WAITING"
        async with working(database, later):
            await reaches(database, job_id, "DONE")


async def test_the_worker_comes_back_when_its_connections_are_cut(database):
    diary = Diary()
    task = diary.task()
    async with working(database, task):
        await reaches(database, await sent(database, task, 1), "DONE")
        async with database.connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await reaches(database, await sent(database, task, 2), "DONE")
        await asyncio.sleep(1.5)
        await reaches(database, await sent(database, task, 3), "DONE")
    assert sorted(diary.numbers) == [1, 2, 3]


async def test_a_stop_ends_also_when_the_database_is_gone(database, databases):
    diary = Diary()
    running = asyncio.create_task(jobs.run(database, (diary.task(),), QUICK))
    await reaches(database, await sent(database, diary.task()), "DONE")
    name = database.url.partition("?")[0].rpartition("/")[2]
    await databases.admin.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
    await databases.admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    running.cancel()
    done, _ = await asyncio.wait([running], timeout=20)
    running.cancel()
    assert done
    assert running.cancelled()
