"""What every broker promises, held against each of them: all that was committed, once and in order, in every process."""

from __future__ import annotations

from contextlib import asynccontextmanager

import asyncpg
import pytest
from tests.notify.processes import own_epoch, process, until
from tests.notify.streams import ALICE, commit

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.notify import relay
from crm.notify.outbox import Outbox


@pytest.fixture(params=["memory", "redis"])
def redis_url(request) -> str | None:
    return request.getfixturevalue("valkey") if request.param == "redis" else None


@pytest.fixture
async def epoch(database) -> int:
    return await own_epoch(database)


@asynccontextmanager
async def two(database, redis_url):
    """A process that leads and one that does not."""
    async with process(database, redis_url) as leader:
        await until(lambda: leader.relay.leading)
        async with process(database, redis_url) as other:
            yield leader, other


async def test_what_is_committed_is_told_once_and_in_order_to_every_process(database, redis_url, epoch):
    async with two(database, redis_url) as (leader, other):
        records = [await commit(each.database, ALICE) for _ in range(10) for each in (leader, other)]
        await leader.has(records)
        await other.has(records)
        assert leader.heard == other.heard
        assert leader.seqs == sorted(set(leader.seqs))
        assert leader.heard[0].audience == {ALICE}
        assert (leader.lapses, other.lapses) == (1, 1)


async def test_what_is_handed_on_again_is_dropped(database, redis_url, epoch):
    async with process(database, redis_url) as one:
        records = [await commit(database, ALICE) for _ in range(3)]
        await one.has(records)
        await one.broker.publish(await Outbox(database).after(0, 10))
        await one.has(records)
        assert one.lapses == 1


async def test_what_was_committed_while_nobody_ran_is_told_to_whoever_comes(database, redis_url, epoch):
    records = [await commit(database, ALICE) for _ in range(3)]
    async with process(database, redis_url) as one:
        await one.has(records)


async def test_another_process_takes_over_within_about_a_second(database, redis_url, epoch):
    async with two(database, redis_url) as (leader, other):
        before = [await commit(leader.database, ALICE) for _ in range(5)]
        await other.has(before)
        await leader.stop()
        after = [await commit(other.database, ALICE) for _ in range(5)]
        await other.has(before + after, within=2.5)
        assert other.relay.leading


async def test_what_a_leader_numbered_before_it_was_killed_is_told(database, redis_url, epoch):
    """It was killed after the commit of the number, before anybody was told."""
    lock = await asyncpg.connect(database.url)
    await lock.execute("SELECT pg_advisory_lock($1)", relay.LEAD)
    async with process(database, redis_url) as one, process(database, redis_url) as other:
        records = [await commit(database, ALICE) for _ in range(3)]
        await lock.execute(relay._STAMP.replace("$1", "100"))
        await lock.close()
        records += [await commit(database, ALICE) for _ in range(3)]
        await one.has(records)
        await other.has(records)


async def test_an_event_of_another_version_holds_up_nobody(database, redis_url, epoch):
    async with two(database, redis_url) as (leader, other):
        first = await commit(database, ALICE)
        async with database.connection() as connection:
            await connection.execute(
                "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)"
                " VALUES ('fromTheFuture', gen_random_uuid(), 1, '{}', now())"
            )
        last = await commit(database, ALICE)
        await leader.has([first, last])
        await other.has([first, last])


async def test_a_database_that_is_restored_begins_a_life_of_its_own(database, redis_url, epoch):
    async with two(database, redis_url) as (leader, other):
        before = [await commit(database, ALICE)]
        await leader.has(before)
        await other.has(before)
        async with database.connection() as connection:
            await connection.execute("TRUNCATE event")
            await connection.execute("UPDATE event_stream SET epoch = epoch + 1, last_seq = 0")
        await until(lambda: leader.lapses == other.lapses == 2)
        after = [await commit(database, ALICE)]
        await leader.has(before + after)
        await other.has(before + after)
        assert leader.seqs[-1] == other.seqs[-1] == 1


async def test_an_audience_of_thousands_arrives_whole(database, redis_url, epoch):
    people = [new_id(Kind.USER) for _ in range(5000)]
    async with two(database, redis_url) as (leader, other):
        await other.has([await commit(database, *people)])
        assert other.heard[0].audience == set(people)
        assert leader.heard == other.heard
