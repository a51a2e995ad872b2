"""Whoever may see a call is told of every change of it, whomever it rang; nobody else is."""

from __future__ import annotations

import pytest
from tests.customers.calling import AGENT, Hotline
from tests.factories.sockets import ConnectedOffice, connected

office = pytest.fixture(connected)
LISTEN = """subscription ($after: String) { events(topics: [CALL_UPDATES], after: $after) { cursor deleted recordId
  record { ... on Call { id state claimedBy { username } } } } }"""


async def states(office: ConnectedOffice, feed, count: int) -> list[tuple[str, str | None]]:
    events = [(await feed.next())["record"] for _ in range(count)]
    assert await feed.silent()
    return [(call["state"], call["claimedBy"] and call["claimedBy"]["username"]) for call in events]


async def test_a_supervisor_follows_a_call_that_does_not_ring_them(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    (agent,) = hotline.agents
    boss = await office.hire("boss", {"call.READ": "OWN_AND_SUBORDINATES"})
    other = await office.hire("other", AGENT)
    await office.admin.do("userUpdate", "user { id }", id=agent.id, version=1, input={"managerId": boss.id})
    async with office.listens(boss, LISTEN) as bosses, office.listens(other, LISTEN) as others:
        await hotline.pbx.tell("ringing")
        # It is nobody's yet, so only those see it whom it rings.
        assert await bosses.silent()
        await hotline.pbx.tell("answered", agent="1001")
        assert await states(office, bosses, 1) == [("ANSWERED", "agent1")]
        await hotline.pbx.tell("held", agent="1001")
        assert await states(office, bosses, 1) == [("HELD", "agent1")]
        await hotline.pbx.tell("ended", cause="normal")
        assert await states(office, bosses, 1) == [("ENDED", "agent1")]
        assert await others.silent()


async def test_a_report_that_changes_nothing_is_told_to_nobody(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    async with office.listens(office.admin, LISTEN) as feed:
        told = await hotline.pbx.tell("ringing")
        assert await states(office, feed, 1) == [("RINGING", None)]
        assert (await hotline.pbx.post(told)).status_code == 200
        assert await feed.silent()


async def test_a_deleted_call_is_told_as_gone(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    await hotline.pbx.tell("ringing")
    await hotline.pbx.tell("missed")
    call = await hotline.call_id()
    async with office.listens(hotline.agents[0], LISTEN) as feed:
        await office.admin.do("callDelete", "call { id }", id=call)
        event = await feed.next()
        assert (event["recordId"], event["deleted"], event["record"]) == (call, True, None)


async def test_a_missed_call_gives_its_task_to_somebody_who_is_notified(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    await hotline.pbx.tell("ringing")
    await hotline.pbx.tell("missed")
    found = await hotline.agents[0].ask("notifications", "nodes { kind actor { id } record { ... on Activity { subject } } }")
    assert found["nodes"] == [{"kind": "ASSIGNED", "actor": None, "record": {"subject": "回电"}}]
