"""What is thrown away by itself: jobs that are over, keys, sessions and attempts; and nothing else."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from tests.factories.api import Office, opened
from tests.notify.errands import QUICK, Diary, agreed, reaches, sent, working

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.notify.jobs import TASKS
from crm.services.jobs import Nothing, Task, enqueue
from crm.services.messaging.housekeeping import PURGE_REPORTS
from crm.services.system import housekeeping
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)


async def done(office: Office, task: Task[Nothing]) -> None:
    """Run a periodic task now, without its period, so that only this one is run."""
    plain = Task(task.name, task.run, Nothing)
    async with system_deed(office.database, "test") as deed:
        job_id = await enqueue(deed, plain, Nothing())
    async with working(office.database, plain):
        await reaches(office.database, job_id, "DONE")


async def test_jobs_that_are_over_go_and_failed_ones_later(office: Office):
    task = Diary().task()
    kept: dict[str, UUID] = {}
    for name, state, days in (
        ("old done", "DONE", 8), ("new done", "DONE", 6), ("old failed", "FAILED", 91), ("new failed", "FAILED", 89),
        ("cancelled", "CANCELLED", 8), ("waiting", "WAITING", None),
    ):  # fmt: skip
        kept[name] = await sent(office.database, task)
        queue = {"DONE": "succeeded", "FAILED": "failed", "CANCELLED": "cancelled", "WAITING": "todo"}[state]
        await office.rows(
            "WITH q AS (UPDATE procrastinate_jobs SET status = $3::text::procrastinate_job_status"
            " WHERE id = (SELECT queue_id FROM job WHERE id = $1) RETURNING id)"
            " UPDATE job SET state = $2, finished_at = now() - make_interval(days => $4) FROM q WHERE queue_id = q.id",
            kept[name], state, queue, days,
        )  # fmt: skip
    async with office.database.connection() as connection:
        await connection.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE status = 'todo'")
    await done(office, housekeeping.PURGE_JOBS)
    left = {row["id"] for row in await office.rows("SELECT id FROM job WHERE name = 'test.errand'")}
    assert {name for name, key in kept.items() if key in left} == {"new done", "new failed", "waiting"}
    await agreed(office.database)


async def test_traces_go_when_nobody_can_use_them(office: Office, monkeypatch):
    monkeypatch.setattr(housekeeping, "BATCH", 7)
    user = UUID(office.admin.id)
    for days in (6, 8):
        for number in range(10):
            await office.rows(
                "INSERT INTO idempotency_key (user_id, key, verb, fingerprint, created_at)"
                " VALUES ($1, $2, 'v', 'f', now() - make_interval(days => $3))",
                user, f"{days} {number}", days,
            )  # fmt: skip
    for name, expires, revoked in (("live", -5, None), ("expired", 29, None), ("long", 31, None), ("revoked", -5, 31)):
        await office.rows(
            "INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at, revoked_at, user_agent)"
            " VALUES ($1, $2, $3, now(), now(), now() - make_interval(days => $4), now() - make_interval(days => $5), $6)",
            new_id(Kind.SESSION), user, name.encode(), expires, revoked, name,
        )  # fmt: skip
        await office.rows(
            "INSERT INTO sign_in_attempt (username, address, at, succeeded)"
            " VALUES ($1, '::1', now() - make_interval(days => $2), TRUE)",
            name, expires + 5,
        )  # fmt: skip
    await done(office, housekeeping.PURGE_TRACES)
    assert await office.value("SELECT count(*) FROM idempotency_key") == 10
    found = await office.rows("SELECT user_agent FROM session WHERE user_agent IS NOT NULL ORDER BY 1")
    assert [row[0] for row in found] == ["expired", "live"]
    assert [row[0] for row in await office.rows("SELECT username FROM sign_in_attempt ORDER BY 1")] == ["live", "revoked"]
    assert (await office.admin.ask("me", "user { username }"))["user"]["username"] == "admin"


async def test_reports_of_providers_go_when_they_are_not_repeated_any_more(office: Office):
    given = {"name": "省网", "code": "p", "driver": "FILE"}
    account = await office.admin.do("smsAccountCreate", "smsAccount { id }", input=given)
    for number, days in enumerate((61, 59)):
        await office.rows(
            "INSERT INTO sms_report (account_id, event_key, state, at, received_at, settled)"
            " VALUES ($1, $2, 'DELIVERED', now(), now() - make_interval(days => $3), $4)",
            UUID(account["id"]), f"report {days}", days, bool(number),
        )  # fmt: skip
    await done(office, PURGE_REPORTS)
    assert [row[0] for row in await office.rows("SELECT event_key FROM sms_report")] == ["report 59"]


async def test_the_table_of_tasks_is_right():
    assert len({task.name for task in TASKS}) == len(TASKS)
    told = (Path(__file__).parents[2] / "docs/operations.md").read_text(encoding="utf-8")
    assert [task.name for task in TASKS if task.every is not None and f"| `{task.name}` |" not in told] == []
    for task in TASKS:
        assert len(task.name) <= 60
        assert task.every is None or (task.arguments is Nothing and task.every.total_seconds() > QUICK.look)
