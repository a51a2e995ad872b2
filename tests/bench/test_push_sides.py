"""Ours and bare sockets, at a tiny size: what is published reaches every socket, and the client finds nothing wrong with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bench.push import company
from bench.push.contents import Agent, announcement, call, reminder
from bench.push.fanout import pushed
from bench.push.popups import paced
from bench.push.questions import REMINDERS
from bench.push.sides import Outbox, Side, floor, ours

from crm.core.clock import now
from crm.core.ids import new_id
from crm.core.kinds import Kind

SOCKETS = 6


async def told(side: Side) -> None:
    """Everybody of three announcements, and two of them of a call each."""
    await side.grow(SOCKETS)
    sample = await pushed(side, 3, 1.0)
    assert sample.messages == 3 * SOCKETS
    assert sample.server > 0
    assert 0 < sample.times["first"] <= sample.last


@pytest.mark.parametrize("workers", [1, 2])
async def test_ours_tells_everybody_and_each_agent_of_their_calls(database, workers):
    agents = await company.hired(database.url, SOCKETS)
    async with ours(database.url, 0, agents, workers=workers) as side:
        await told(side)
        calls, everyone = [call(number, agents[number % 2]) for number in range(4)], [announcement(1, side.present)]
        await side.publisher.prepare([*calls, *everyone])
        await side.client.expect([item.news for item in [*calls, *everyone]])
        sent, _ = await paced(side, calls, everyone)
        await side.client.reach()
        answer = await side.client.check(sent)
        assert answer["messages"] == 4 + SOCKETS
        assert all(figures["first"] > 0 for figures in answer["times"].values())


async def test_ours_tells_each_agent_of_their_reminders(database):
    agents = await company.hired(database.url, 2)
    async with ours(database.url, 0, agents, (REMINDERS,)) as side:
        await side.grow(2)
        assert isinstance(side.publisher, Outbox)
        due = now() + timedelta(seconds=0.5)
        items = [reminder(number, agents[number % 2], due + timedelta(microseconds=number)) for number in range(4)]
        await company.remind(side.publisher.connection, items)
        await side.client.expect([item.news for item in items])
        await side.client.reach()
        assert (await side.client.check([]))["messages"] == 4


async def test_bare_sockets_get_what_is_published():
    agents = [Agent(number, new_id(Kind.USER), f"agent-{number}", f"token-{number}") for number in range(SOCKETS)]
    async with floor(agents) as side:
        await told(side)
