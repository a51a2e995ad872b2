"""One pool for everything, statements counted, and nothing left on a connection that goes back."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from tests.servers import at

from crm.store.advisory import advisory_lock, lock_key, try_advisory_lock
from crm.store.counting import count_statements, statements_sent
from crm.store.database import Database, open_database, tortoise_config, where
from crm.store.errors import StoreError


async def test_a_read_is_one_statement_and_no_reset(database: Database):
    before = statements_sent()
    with count_statements() as count:
        for _ in range(3):
            async with database.connection() as connection:
                assert await connection.fetchval("SELECT $1::int", 5) == 5
    assert count.statements == ["SELECT $1::int"] * 3
    assert statements_sent() - before == 3


async def test_transaction_words_are_counted_apart(database: Database):
    with count_statements() as count:
        async with database.transaction() as transaction:
            await transaction.execute_query("SELECT 1")
            async with database.transaction() as inner:
                await inner.execute_query("SELECT 2")
    assert count.queries == ["SELECT 1", "SELECT 2"]
    assert count.total == 6


async def test_tasks_started_inside_are_counted_and_others_are_not(database: Database):
    async def read() -> None:
        async with database.connection() as connection:
            await connection.fetchval("SELECT 1")

    outside = asyncio.create_task(asyncio.sleep(0))
    with count_statements() as count:
        await asyncio.gather(read(), read(), outside)
    await read()
    assert count.total == 2


async def test_a_failed_transaction_changes_nothing(database: Database):
    async with database.connection() as connection:
        await connection.execute("CREATE TABLE probe (n int)")
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as transaction:
            await transaction.execute_query("INSERT INTO probe VALUES (1)")
            raise ZeroDivisionError
    assert not await database.has_rows("probe")


async def test_sessions_speak_utc_and_give_up_in_time(database: Database):
    async with database.connection() as connection:
        assert await connection.fetchval("SHOW timezone") == "UTC"
        assert await connection.fetchval("SHOW statement_timeout") == "30s"


async def test_the_pool_has_the_size_it_was_given(databases):
    async with databases.temporary() as url, open_database(url, max_size=3) as database:
        async with database.connection(), database.connection(), database.connection():
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1), database.connection():
                    pass


async def test_nobody_there_is_one_line_without_the_password(server_url: str):
    with pytest.raises(StoreError, match=r"^The database at .*/nowhere does not answer \(.*nowhere.*\): check CRM_DATABASE_URL"):
        async with open_database(at(server_url, "nowhere")):
            pass
    assert where("postgresql://u:pw@db.example/crm") == "db.example/crm"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u%40x:p%2Fw@h:6543/d", {"user": "u@x", "password": "p/w", "host": "h", "port": 6543, "database": "d"}),
        ("postgres:///d?host=/a%20b/c&user=v", {"user": "v", "password": None, "host": "/a b/c", "port": 5432, "database": "d"}),
        ("postgresql://h/d?sslmode=require", {"user": "crm", "host": "h", "ssl": "require"}),
    ],
)
def test_addresses_are_taken_apart(url, expected):
    credentials = tortoise_config(url)["connections"]["default"]["credentials"]
    assert {name: credentials[name] for name in expected} == expected


async def test_advisory_locks_exclude_by_name(server_url: str):
    async with advisory_lock(server_url, "a"):
        async with try_advisory_lock(server_url, "a") as got:
            assert got is False
        async with try_advisory_lock(server_url, "b") as got:
            assert got is True
    async with try_advisory_lock(server_url, "a") as got:
        assert got is True
    assert lock_key("a") != lock_key("b")
    assert -(2**63) <= lock_key("a") < 2**63


async def test_a_killed_connection_is_replaced(database: Database, server_url: str):
    async with database.connection() as connection:
        pid = connection.get_server_pid()
    killer = await asyncpg.connect(server_url)
    await killer.execute("SELECT pg_terminate_backend($1)", pid)
    await killer.close()
    await asyncio.sleep(0.05)
    await database.ping()
