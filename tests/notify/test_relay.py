"""The outbox and its relay: what is announced was committed, what was committed is announced, in one order for all."""

from __future__ import annotations

import asyncio

import asyncpg
from tests.notify.streams import ALICE, commit, flowing

from crm.services import events
from crm.services.system.accounts import system_deed
from crm.services.topics import Topic


async def waiting(database) -> int:
    async with database.connection() as connection:
        return int(await connection.fetchval("SELECT count(*) FROM event WHERE seq IS NULL"))


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_what_was_committed_while_nobody_relayed_is_announced_later(database):
    records = [await commit(database, ALICE) for _ in range(3)]
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        await ear.has(records)


async def test_numbers_follow_the_order_of_commits_not_of_writing(database):
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        slow = await asyncpg.connect(database.url)
        transaction = slow.transaction()
        await transaction.start()
        first = await slow.fetchval(
            "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)"
            " VALUES ('incomingCalls', gen_random_uuid(), 26, ARRAY[$1::uuid], now()) RETURNING record_id",
            ALICE,
        )
        second = await commit(database, ALICE)
        await ear.has([second])
        await transaction.commit()
        await slow.close()
        await ear.has([second, first])
        assert ear.seqs == sorted(ear.seqs)


async def test_a_commit_of_this_process_does_not_wait_for_the_poll(database, monkeypatch):
    from crm.notify import relay

    monkeypatch.setattr(relay, "POLL_SECONDS", 60)
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        await until(lambda: asyncio.sleep(0, stream.relay.leading))
        await asyncio.sleep(0.05)
        await ear.has([await commit(database, ALICE)])


async def test_a_deed_without_news_rings_nobody(database):
    rung = []
    database.bells.add(rung.append)
    async with system_deed(database, "test"):
        pass
    await commit(database, ALICE, rollback=True)
    assert rung == []
    await commit(database, ALICE)
    assert rung == [[Topic.INCOMING_CALLS]]


async def test_of_two_relays_one_leads_and_both_tell_the_same(database):
    async with flowing(database) as one, flowing(database) as other:
        await until(lambda: asyncio.sleep(0, one.relay.leading or other.relay.leading))
        async with one.ear(ALICE) as here, other.ear(ALICE) as there:
            records = [await commit(database, ALICE) for _ in range(10)]
            await here.has(records)
            await there.has(records)
            assert here.cursors == there.cursors
        assert [one.relay.leading, other.relay.leading].count(True) == 1


async def test_the_other_takes_over_where_the_leader_stopped(database, monkeypatch):
    from crm.notify import relay

    monkeypatch.setattr(relay, "LEAD_SECONDS", 0.05)
    async with flowing(database) as other:
        async with flowing(database) as leader:
            await until(lambda: asyncio.sleep(0, leader.relay.leading or other.relay.leading))
            async with other.ear(ALICE) as ear:
                before = [await commit(database, ALICE) for _ in range(5)]
                await ear.has(before)
        async with other.ear(ALICE, ear.cursors[-1]) as later:
            after = [await commit(database, ALICE) for _ in range(5)]
            await later.has(after)
        await until(lambda: asyncio.sleep(0, other.relay.leading))


async def test_a_lost_connection_costs_a_pause_and_no_event(database, monkeypatch):
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        first = await commit(database, ALICE)
        await ear.has([first])
        async with database.connection() as connection:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'crm relay' AND datname = current_database()"
            )
        second = await commit(database, ALICE)
        await ear.has([first, second])


async def test_old_events_are_forgotten_with_a_mark_where_history_begins(database):
    async with flowing(database) as stream, stream.ear(ALICE) as ear:
        await ear.has([await commit(database, ALICE) for _ in range(3)])
    async with database.connection() as connection:
        await connection.execute("UPDATE event SET recorded_at = now() - interval '8 days' WHERE seq < $1", ear.seqs[2])
        unstamped = await connection.fetchval(
            "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)"
            " VALUES ('incomingCalls', gen_random_uuid(), 26, ARRAY[$1::uuid], now() - interval '9 days') RETURNING id",
            ALICE,
        )
    async with flowing(database):

        async def forgotten() -> bool:
            async with database.connection() as connection:
                return bool(await connection.fetchval("SELECT count(*) = 1 FROM event_horizon"))

        await until(forgotten)
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT seq FROM event_horizon WHERE topic = 'incomingCalls'") >= ear.seqs[1]
        assert await connection.fetchval("SELECT count(*) FROM event WHERE seq = $1", ear.seqs[2]) == 1
        assert unstamped is not None


async def test_an_event_for_very_many_is_left_to_visibility(database):
    async with system_deed(database, "test") as deed:
        from crm.core.ids import new_id
        from crm.core.kinds import Kind

        record = new_id(Kind.ANNOUNCEMENT)
        await events.record(deed, Topic.ANNOUNCEMENTS, record, [new_id(Kind.USER) for _ in range(events.MOST_NAMED + 1)])
    async with database.connection() as connection:
        assert await connection.fetchval("SELECT audience FROM event WHERE record_id = $1", record) == []
