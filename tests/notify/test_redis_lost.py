"""Redis loses what it held, hangs, or is away: everybody is told everything all the same, once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager

import pytest
from tests.notify.processes import outbox, own_epoch, process, stream, until
from tests.notify.streams import ALICE, commit
from tests.servers import ValkeyServer

from crm.notify import outbox as reading
from crm.notify import relay
from crm.notify.brokers.by_redis import RedisBroker
from crm.notify.brokers.filling import Filling
from crm.notify.brokers.stream import EventStream, connect
from crm.notify.outbox import Outbox


@pytest.fixture
def redis(request) -> Iterator[ValkeyServer]:
    """One of the test's own, which may be killed."""
    server = ValkeyServer(keeps=getattr(request, "param", False))
    yield server
    server.stop()


@pytest.fixture
async def epoch(database) -> int:
    return await own_epoch(database)


@asynccontextmanager
async def two(database, redis: ValkeyServer, **options):
    """A process that leads and one that does not."""
    async with process(database, redis.url, **options) as leader:
        await until(lambda: leader.relay.leading)
        async with process(database, redis.url, **options) as other:
            yield leader, other


async def _flush(redis: ValkeyServer) -> None:
    redis.run("FLUSHALL")


async def _restart(redis: ValkeyServer) -> None:
    redis.kill()
    await asyncio.sleep(0.5)
    await asyncio.to_thread(redis.start)


async def _hang(redis: ValkeyServer) -> None:
    redis.hang()
    await asyncio.sleep(3)
    redis.go_on()


async def _pause(redis: ValkeyServer) -> None:
    redis.run("CLIENT", "PAUSE", "3000", "ALL")


async def _pause_writing(redis: ValkeyServer) -> None:
    redis.run("CLIENT", "PAUSE", "3000", "WRITE")


async def _evict(redis: ValkeyServer) -> None:
    redis.run("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
    redis.run("CONFIG", "SET", "maxmemory", "1")
    redis.run("SET", "x", "y")
    redis.run("CONFIG", "SET", "maxmemory", "0")


LOSSES = {
    "flushed": (_flush, False), "killed, keeping nothing": (_restart, False), "killed, keeping what it had": (_restart, True),
    "hung": (_hang, False), "paused": (_pause, False), "not writing": (_pause_writing, False), "evicting": (_evict, False),
}  # fmt: skip


@pytest.mark.parametrize(("lose", "redis"), LOSSES.values(), ids=LOSSES, indirect=["redis"])
async def test_nothing_is_lost_or_told_twice_whatever_redis_does(database, redis, epoch, lose):
    async with two(database, redis) as (leader, other):
        records = [await commit(database, ALICE)]
        await other.has(records)
        losing = asyncio.create_task(lose(redis))
        while not losing.done():
            records.append(await commit(database, ALICE))
            await asyncio.sleep(0.02)
        await losing
        records += [await commit(database, ALICE) for _ in range(3)]
        await leader.has(records)
        await other.has(records)
        await until(lambda: leader.broker.carries and other.broker.carries)
        last = await commit(database, ALICE)
        await other.has([*records, last], within=2)
        assert (leader.lapses, other.lapses) == (1, 1)
        numbers = await outbox(database)
        await until(lambda: _equal(redis, epoch, numbers))


async def _equal(redis: ValkeyServer, epoch: int, numbers: list[int]) -> bool:
    return await stream(redis.url, epoch) == numbers


async def test_events_go_on_while_redis_is_away(database, redis, epoch):
    async with two(database, redis) as (leader, other):
        redis.kill()
        await until(lambda: not other.broker.carries)
        records = []
        for _ in range(20):
            records.append(await commit(database, ALICE))
            await leader.has(records, within=1)
            await other.has(records, within=1)
        assert other.broker.verdict() == "Redis does not answer: events are read from the database"
        await asyncio.to_thread(redis.start)
        await until(lambda: other.broker.carries)
        records.append(await commit(database, ALICE))
        await other.has(records)


async def test_the_leader_fills_up_what_was_flushed_while_nothing_happens(database, redis, epoch):
    async with two(database, redis) as (leader, other):
        records = [await commit(database, ALICE) for _ in range(30)]
        await other.has(records)
        numbers = await outbox(database)
        await until(lambda: _equal(redis, epoch, numbers))
        redis.run("FLUSHALL")
        await until(lambda: _equal(redis, epoch, numbers))
        await leader.has(records)
        await other.has(records)


async def test_redis_is_filled_no_further_back_than_its_history(database, redis, epoch):
    async with process(database) as alone:
        records = [await commit(database, ALICE) for _ in range(150)]
        await alone.has(records)
    async with process(database, redis.url, history=100):
        await until(lambda: _equal(redis, epoch, list(range(51, 151))))


async def test_a_reader_that_the_stream_has_left_behind_looks_into_the_outbox(database, redis, epoch):
    async with process(database, redis.url, history=100) as leader:
        records = [await commit(database, ALICE) for _ in range(400)]
        await leader.has(records)
        await until(lambda: _trimmed(redis, epoch))
        async with process(database, redis.url, history=100) as slow:
            slow.broker.begin_anew(epoch, 5)
            await slow.has(records[5:])


async def _trimmed(redis: ValkeyServer, epoch: int) -> bool:
    held = await stream(redis.url, epoch)
    return bool(held) and held[-1] == 400 and held[0] > 10


async def test_whoever_does_not_lead_leaves_the_outbox_alone(database, redis, epoch, monkeypatch):
    asked, after = [], relay.numbered_after

    async def counted(connection, seq, limit):
        asked.append(seq)
        return await after(connection, seq, limit)

    async with two(database, redis) as (_, other):
        await other.has([first := await commit(database, ALICE)])
        monkeypatch.setattr(relay, "numbered_after", counted)
        records = [first]
        for _ in range(20):
            records.append(await commit(database, ALICE))
            await asyncio.sleep(0.05)
        await other.has(records)
        # A look that comes upon an event on its way asks once; polling would have asked twenty times and more.
        assert len(asked) <= 4
        assert reading.numbered_after is after


async def test_a_commit_elsewhere_rings_the_leader_s_bell(database, redis, epoch, monkeypatch):
    monkeypatch.setattr(relay, "POLL_SECONDS", 60)
    monkeypatch.setattr(relay, "LEAD_SECONDS", 60)
    async with two(database, redis) as (leader, other):
        await asyncio.sleep(0.2)  # until it listens
        record = await commit(other.database, ALICE)
        await leader.has([record], within=2)
        await other.has([record], within=2)


async def test_of_two_that_believe_to_lead_one_is_refused(database, redis, epoch):
    """The one that lost its lock a moment ago goes on appending: what it has is there already, or comes from the outbox."""
    async with process(database, redis.url) as leader:
        await leader.has([await commit(database, ALICE)])
        client = connect(redis.url, 1)
        late = Filling(client, Outbox(database))
        late.begin(EventStream(epoch, 10_000), 1)
        late.lead(leading=True)
        running = asyncio.create_task(late.run())
        records = [event.record_id for event in leader.heard]
        for _ in range(20):
            records.append(await commit(database, ALICE))
            await leader.has(records)
            late.offer(await Outbox(database).after(len(records) - 2, 5))
        await until(lambda: _equal(redis, epoch, list(range(1, 22))))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await client.aclose()


async def test_a_stream_that_is_ahead_of_the_database_is_begun_anew(database, redis, epoch):
    """The database failed over to a copy that lacked its last commits: those numbers are given to other events."""
    async with process(database, redis.url) as before:
        records = [await commit(database, ALICE) for _ in range(10)]
        await before.has(records)
        await until(lambda: _equal(redis, epoch, list(range(1, 11))))
    async with database.connection() as connection:
        await connection.execute("DELETE FROM event WHERE seq > 6")
        await connection.execute("UPDATE event_stream SET last_seq = 6")
    async with two(database, redis) as (_, other):
        record = await commit(database, ALICE)
        await other.has([record])
        assert other.seqs == [7]
        await until(lambda: _equal(redis, epoch, list(range(1, 8))))


async def test_what_is_no_event_of_ours_in_the_stream_does_not_stop_reading(database, redis, epoch):
    async with two(database, redis) as (leader, other):
        records = [await commit(database, ALICE)]
        await other.has(records)
        redis.run("XADD", EventStream(epoch, 1).key, "2-0", "spam", "spam")
        records.append(await commit(database, ALICE))
        await leader.has(records)
        await other.has(records)


@pytest.mark.parametrize("scheme", ["redis", "valkey", "rediss", "valkeys"])
def test_addresses_of_valkey_are_addresses_of_redis(scheme):
    client = connect(f"{scheme}://host:7/3", 1)
    assert client.connection_pool.connection_kwargs["port"] == 7


async def test_a_leader_that_hangs_loses_the_lead(database, redis, epoch, monkeypatch):
    monkeypatch.setitem(relay.SERVER, "idle_session_timeout", "1s")
    async with two(database, redis) as (leader, other):
        release = asyncio.Event()

        async def hanging(connection):
            await release.wait()
            return 0

        monkeypatch.setattr(leader.relay, "_stamp", hanging)
        record = await commit(database, ALICE)
        await other.has([record])
        assert other.relay.leading
        release.set()
        await leader.has([record])


def test_the_broker_takes_its_limits_from_settings():
    broker = RedisBroker("redis://localhost:1", None, 123)  # type: ignore[arg-type]
    broker.begin_anew(1, 0)
    assert broker._stream is not None
    assert broker._stream.history == 123
