"""Calls that go on when somebody begins to listen: which they are told of, in which order, and what finding them costs."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.conftest import make_settings
from tests.customers.calling import CALL, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened
from tests.factories.crowds import explained

from crm.notify.brokers import MemoryBroker
from crm.notify.customers import open_calls
from crm.notify.customers.open_calls import open_events
from crm.notify.relay import Relay

office = pytest.fixture(opened)
NEVER = 2**62


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed(3)


async def numbered(office: Office) -> None:
    """Let a relay number all that was recorded."""
    running = asyncio.create_task(Relay(office.database, MemoryBroker()).run())
    await office.numbered()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def told(hotline: Hotline, who: Api, last: int = NEVER) -> list[str]:
    """The calls somebody is told of when they begin to listen, by the switchboard's names."""
    await numbered(hotline.office)
    found = await open_events(hotline.office.database, UUID(who.id), last)
    assert [event.seq for event in found] == sorted(event.seq for event in found)
    names = {row["id"]: row["external_id"] for row in await hotline.office.rows("SELECT id, external_id FROM call")}
    latest = await hotline.office.rows("SELECT record_id, max(seq) FROM event WHERE seq <= $1 GROUP BY 1", last)
    assert {(event.record_id, event.seq) for event in found} <= {tuple(row) for row in latest}
    return [names[event.record_id] for event in found]


async def test_what_rings_somebody_comes_in_the_order_of_the_stream(hotline: Hotline):
    first, second, third = hotline.agents
    await hotline.pbx.tell("ringing", "c1")
    await hotline.pbx.tell("ringing", "c2", called="1001")
    await hotline.pbx.tell("ringing", "c3", called="1002")
    assert await told(hotline, first) == ["c1", "c2"]
    assert await told(hotline, second) == ["c1", "c3"]
    assert await told(hotline, third) == ["c1"]
    assert await told(hotline, hotline.office.admin) == []


async def test_a_change_of_a_call_moves_it_back_in_the_order(hotline: Hotline):
    await hotline.pbx.tell("ringing", "c1", called="1001")
    await hotline.pbx.tell("ringing", "c2", called="1001")
    await hotline.pbx.tell("ringing", "c1", called="1001", extensions=["1001", "1003"])
    assert await told(hotline, hotline.agents[0]) == ["c2", "c1"]
    assert await told(hotline, hotline.agents[2]) == ["c1"]


async def test_whoever_has_a_call_is_told_and_nobody_else(hotline: Hotline):
    first, second, third = hotline.agents
    await hotline.pbx.tell("ringing", "c1")
    key = await hotline.call_id()
    await first.do("callClaim", CALL, id=key)
    assert (await told(hotline, first), await told(hotline, second)) == (["c1"], [])
    await first.do("callHold", CALL, id=key)
    assert (await told(hotline, first), await told(hotline, second)) == (["c1"], [])
    await first.do("callTransfer", CALL, id=key, toId=third.id)
    assert (await told(hotline, first), await told(hotline, third)) == ([], ["c1"])
    await hotline.pbx.tell("ended", "c1")
    assert await told(hotline, third) == []


@pytest.mark.parametrize("end", ["missed", "ended"])
async def test_what_is_over_is_not_told(hotline: Hotline, end: str):
    await hotline.pbx.tell("ringing", "c1")
    assert await told(hotline, hotline.agents[0]) == ["c1"]
    await hotline.pbx.tell(end, "c1")
    assert await told(hotline, hotline.agents[0]) == []


async def test_what_has_no_number_yet_or_a_later_one_is_left_to_the_stream(hotline: Hotline):
    agent = hotline.agents[0]
    await hotline.pbx.tell("ringing", "c1", called="1001")
    assert await open_events(hotline.office.database, UUID(agent.id), NEVER) == []
    await numbered(hotline.office)
    stands = int(await hotline.office.value("SELECT last_seq FROM event_stream"))
    await hotline.pbx.tell("ringing", "c2", called="1001")
    assert await told(hotline, agent, stands) == ["c1"]
    assert await told(hotline, agent) == ["c1", "c2"]


async def test_what_the_outbox_has_forgotten_is_not_told(hotline: Hotline):
    await hotline.pbx.tell("ringing", "c1", called="1001")
    await numbered(hotline.office)
    await hotline.office.rows("DELETE FROM event")
    assert await told(hotline, hotline.agents[0]) == []


_PAST = """
WITH calls AS (INSERT INTO call SELECT (jsonb_populate_record(c, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', 'past' || n, 'state', 'MISSED', 'ended_at', now(),
        'call_back_id', NULL))).* FROM call c, generate_series(1, 6000) n WHERE c.external_id = 'c1' RETURNING id),
    people AS (INSERT INTO call_candidate (id, call_id, user_id, position)
        SELECT gen_random_uuid(), id, $1::uuid, 0 FROM calls)
INSERT INTO event (topic, record_id, record_kind, audience, recorded_at, seq)
SELECT 'incomingCalls', id, 1, ARRAY[$1::uuid], now(), 1000 + row_number() OVER () FROM calls
"""


async def test_finding_them_does_not_walk_what_is_over(hotline: Hotline):
    agent = UUID(hotline.agents[0].id)
    await hotline.pbx.tell("ringing", "c1", called="1001")
    await numbered(hotline.office)
    await hotline.office.rows(_PAST, agent)
    async with hotline.office.database.connection() as connection:
        await connection.execute("ANALYZE")
        plan = await explained(connection, open_calls._OPEN, [agent, NEVER])
    assert plan.buffers < 40, plan
    assert await told(hotline, hotline.agents[0]) == ["c1"]
