"""Connections: nobody waits for one for ever, a deadline ends what the server is doing, and none gets lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.servers import Databases
from tortoise.backends.asyncpg.client import TransactionWrapper

from crm.store.database import Database, open_database
from crm.store.deadlines import deadline
from crm.store.errors import DeadlinePassed, PoolExhausted
from crm.store.statements import LONGEST, MOST, MOST_BYTES

SIZE = 2
IDLE_IN_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)


@pytest.fixture
async def small(databases: Databases) -> AsyncIterator[Database]:
    """A database with two connections, for which one waits 0.2 s."""
    async with (
        databases.temporary() as url,
        open_database(url, max_size=SIZE, wait_seconds=0.2) as database,
    ):
        yield database


async def sleeping(databases: Databases) -> int:
    """How many statements of ours are asleep on the server, the question itself apart."""
    return int(
        await databases.admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"
        )
    )


async def whole(database: Database) -> bool:
    """Whether every connection of the pool can be had at once and answers."""

    async def use(together: asyncio.Barrier) -> None:
        async with database.connection() as connection:
            await together.wait()
            assert await connection.fetchval("SELECT 1") == 1

    together = asyncio.Barrier(SIZE)
    async with asyncio.timeout(5):
        await asyncio.gather(*(use(together) for _ in range(SIZE)))
    return True


async def test_a_full_pool_says_so_in_time_and_is_good_again(small: Database):
    async with small.connection(), small.connection():
        began = time.monotonic()
        with pytest.raises(PoolExhausted):
            async with small.connection():
                pass
        with pytest.raises(PoolExhausted):
            async with small.transaction():
                pass
        assert 0.3 < time.monotonic() - began < 2
    assert await whole(small)


async def test_whoever_waits_gets_the_first_connection_that_is_free(small: Database):
    async with small.connection():
        async with small.connection():
            waiting = asyncio.create_task(small.ping())
            await asyncio.sleep(0.05)
        await asyncio.wait_for(waiting, 1)


async def test_a_deadline_cancels_the_statement_on_the_server(small: Database, databases: Databases):
    began = time.monotonic()
    with pytest.raises(DeadlinePassed), deadline(0.2):
        async with small.connection() as connection:
            await connection.fetch("SELECT pg_sleep(30)")
    assert time.monotonic() - began < 3
    assert await sleeping(databases) == 0
    assert await whole(small)


async def test_a_deadline_holds_for_tasks_that_were_started_inside(small: Database, databases: Databases):
    """As a loader's batch is, which nobody awaits who could be cancelled."""

    async def batch() -> None:
        async with small.connection() as connection:
            await connection.fetch("SELECT pg_sleep(30)")

    with deadline(0.2):
        task = asyncio.create_task(batch())
    with pytest.raises(DeadlinePassed):
        await asyncio.wait_for(task, 3)
    assert await sleeping(databases) == 0


async def test_after_its_deadline_nothing_is_sent(small: Database):
    with deadline(0.01):
        await asyncio.sleep(0.05)
        began = time.monotonic()
        with pytest.raises(DeadlinePassed):
            await small.ping()
    assert time.monotonic() - began < 0.1
    await small.ping()


async def test_a_deadline_takes_the_whole_transaction_back(small: Database):
    async def epoch() -> int:
        async with small.connection() as connection:
            return int(await connection.fetchval("SELECT epoch FROM rights_epoch"))

    before = await epoch()
    with pytest.raises(DeadlinePassed), deadline(0.3):
        async with small.transaction() as tx:
            await tx.execute_query("UPDATE rights_epoch SET epoch = epoch + 1")
            await tx.execute_query("SELECT pg_sleep(30)")
    assert await epoch() == before
    async with small.connection() as connection:
        assert await connection.fetchval(IDLE_IN_TRANSACTION) == 0
    assert await whole(small)


async def test_a_transaction_that_cannot_begin_gives_its_connection_back(small: Database, monkeypatch):
    async def lost(_: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError

    with monkeypatch.context() as patch:
        patch.setattr("tortoise.backends.asyncpg.client.TransactionWrapper.begin", lost)
        for _ in range(SIZE + 1):
            with pytest.raises(asyncpg.ConnectionDoesNotExistError):
                async with small.transaction():
                    pass
    assert await whole(small)


async def test_cancelled_tasks_leave_the_pool_whole(small: Database, databases: Databases):
    """At whatever point: while they wait for a connection, begin, run or end."""

    async def work() -> None:
        async with small.transaction() as tx:
            await tx.execute_query("SELECT pg_sleep(0.002)")

    for step in range(60):
        tasks = [asyncio.create_task(work()) for _ in range(4)]
        await asyncio.sleep(step / 10_000)
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} <= {asyncio.CancelledError, type(None)}, outcomes
    assert await whole(small)
    assert await sleeping(databases) == 0


async def test_connections_the_server_ended_are_made_anew(small: Database, databases: Databases):
    assert await whole(small)
    name = small.url.rpartition("/")[2].partition("?")[0]
    await databases.admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    await asyncio.sleep(0.1)
    assert await whole(small)


async def test_kept_statements_are_bounded_by_their_bytes(small: Database):
    def text(number: int, size: int) -> str:
        return f"SELECT {number} /* {'x' * size} */"

    kept = "SELECT count(*), coalesce(sum(length(statement)), 0) FROM pg_prepared_statements"
    async with small.connection() as connection:
        for number in range(30):
            assert await connection.fetchval(text(number, 40_000)) == number
        count, size = (await connection.fetch(kept))[0]
        assert 3 <= count <= 8
        assert size <= MOST_BYTES + 40_100
        for number in range(300):
            await connection.fetchval(text(number, 100))
        assert MOST - 5 <= (await connection.fetch(kept))[0][0] <= MOST + 2
        before = await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 999%'")
        await connection.fetchval(text(999, LONGEST))
        after = await connection.fetchval("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT 999%'")
        assert (before, after) == (0, 0), "a longer one is run and not kept"


async def test_an_address_may_keep_no_statements(databases: Databases):
    async with databases.temporary() as url, open_database(f"{url}&statement_cache_size=0", max_size=1) as database:
        async with database.connection() as connection:
            for number in range(3):
                await connection.fetchval(f"SELECT {number}")
            assert await connection.fetchval("SELECT count(*) FROM pg_prepared_statements") == 0


async def test_a_transaction_that_was_left_open_ends_when_its_connection_is_given_back(small: Database, databases: Databases):
    """Giving back at once is for connections with nothing left on them."""
    async with small.connection() as connection:
        await connection.execute("BEGIN")
        await connection.execute("CREATE TABLE left_open ()")
    assert await whole(small)
    async with small.connection() as connection:
        assert await connection.fetchval(IDLE_IN_TRANSACTION) == 0
        assert await connection.fetchval("SELECT to_regclass('left_open')") is None


@pytest.mark.parametrize("step", ["begin", "rollback"])
async def test_who_is_stopped_at_the_edge_of_a_transaction_leaves_no_complaint(small: Database, monkeypatch, step):
    """asyncpg tells the loop of a transaction that somebody forgot; this one was cut off."""
    real, there = getattr(TransactionWrapper, step), asyncio.Event()

    async def slowly(self) -> None:
        if step == "begin":
            await real(self)
        there.set()
        await asyncio.sleep(60)

    async def use() -> None:
        async with small.transaction() as tx:
            await tx.execute_query("SELECT 1")
            raise LookupError

    complaints: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    monkeypatch.setattr(TransactionWrapper, step, slowly)
    try:
        task = asyncio.create_task(use())
        await asyncio.wait_for(there.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    finally:
        asyncio.get_running_loop().set_exception_handler(None)
    monkeypatch.undo()
    assert complaints == []
    assert await whole(small)
    async with small.connection() as connection:
        assert await connection.fetchval(IDLE_IN_TRANSACTION) == 0
