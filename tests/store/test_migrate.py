"""Migrations: up, down and up again, one process at a time, all of a step or nothing."""

from __future__ import annotations

import asyncio
import sys

import asyncpg
import pytest
from tests.servers import Databases, environment

from crm.store import advisory, migrate
from crm.store.database import open_database
from crm.store.errors import StoreError

ONE = "import asyncio, sys; from crm.store import migrate; print(len(asyncio.run(migrate.migrate(sys.argv[1]))))"


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {row["tablename"] for row in rows}
    finally:
        await connection.close()


async def test_from_empty_to_head_back_to_zero_and_forward_again(databases: Databases):
    async with databases.temporary(template=None) as url:
        steps = await migrate.migrate(url)
        assert tuple(steps) == migrate.known()
        full = await tables(url)
        assert await migrate.migrate(url) == []
        assert list(reversed(steps)) == await migrate.migrate(url, migrate.ZERO)
        assert await tables(url) == {migrate.TABLE}
        assert await migrate.migrate(url, migrate.ZERO) == []
        assert await migrate.migrate(url, steps[0][:4]) == steps[:1]
        await migrate.migrate(url)
        assert await tables(url) == full


async def test_several_processes_at_once_run_every_migration_once(databases: Databases):
    async with databases.temporary(template=None) as url:
        command = [sys.executable, "-c", ONE, url]
        processes = [
            await asyncio.create_subprocess_exec(*command, env=environment(), stdout=asyncio.subprocess.PIPE) for _ in range(3)
        ]
        answers = await asyncio.gather(*[process.communicate() for process in processes])
        assert sorted(int(output) for output, _ in answers) == [0, 0, len(migrate.known())]


async def test_the_lock_is_waited_for(databases: Databases):
    async with databases.temporary(template=None) as url:
        async with advisory.advisory_lock(url, migrate.LOCK):
            waiting = asyncio.create_task(migrate.migrate(url))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            assert await tables(url) == set()
        assert tuple(await waiting) == migrate.known()


async def test_a_step_that_fails_leaves_nothing_of_itself(databases: Databases, monkeypatch):
    async with databases.temporary(template=None) as url:

        async def fail(*_: object) -> None:
            raise RuntimeError("the machine stops here")

        monkeypatch.setattr("tortoise.migrations.recorder.MigrationRecorder.record_applied", fail)
        with pytest.raises(RuntimeError, match="stops here"):
            await migrate.migrate(url)
        assert await tables(url) <= {migrate.TABLE}


async def test_what_is_pending_is_known(databases: Databases):
    async with databases.temporary(template=None) as url, open_database(url, max_size=2) as database:
        assert tuple(await migrate.pending(database)) == migrate.known()
        await migrate.migrate(url)
        assert await migrate.pending(database) == []


async def test_a_newer_database_is_left_alone(databases: Databases):
    async with databases.temporary() as url:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES ('crm', '9999_from_the_future', now())"
        )
        await connection.close()
        with pytest.raises(StoreError, match="newer than this version of crm .*9999_from_the_future"):
            await migrate.migrate(url)


async def test_an_unknown_target_is_refused_with_the_names(databases: Databases):
    async with databases.temporary() as url:
        with pytest.raises(StoreError, match="There is no migration 4711: the names are 0001_initial"):
            await migrate.migrate(url, "4711")
