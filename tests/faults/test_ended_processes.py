"""Server processes that end, with and without a warning: who was connected to them, and the places their sockets held."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import pytest
from tests.factories.branches import SOON, Branch, Town, town_over
from tests.servers import Databases

from crm.notify.presence import SOCKETS_PER_SESSION
from crm.notify.rosters.shelf import LIFE_SECONDS


@pytest.fixture
async def town(databases: Databases, valkey: str, tmp_path: Path) -> AsyncIterator[Town]:
    """For tests that end its processes."""
    async with town_over(databases, valkey, tmp_path) as found:
        yield found


async def admitted(branch: Branch, token: str) -> bool:
    """Whether a session may open another socket there."""
    async with branch.office.line() as line:
        await line.send({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})
        acknowledged = asyncio.create_task(line.other())
        await asyncio.wait([acknowledged, line._reader], return_when=asyncio.FIRST_COMPLETED)
        if not acknowledged.cancel():
            return True
        assert line.closed == 1013
        return False


async def test_whoever_was_connected_to_a_killed_process_is_found_offline(town: Town):
    hotline, (here, there) = town.hotline, town.branches
    admin = hotline.office.admin
    first, second = hotline.agents
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(there.office.line(second.token))
        await stack.enter_async_context(here.office.line(first.token))
        await there.finds(admin, agent1="AVAILABLE", agent2="AVAILABLE")
        here.process.end(signal.SIGKILL)
        took = await there.finds(admin, within=15, agent1="OFFLINE", agent2="AVAILABLE")
        assert took > LIFE_SECONDS / 2, "a process that is slow for a moment is not gone"
        await stack.enter_async_context(there.office.line(first.token))
        await there.finds(admin, agent1="AVAILABLE", agent2="AVAILABLE")


async def test_whoever_was_connected_to_a_process_that_ends_is_found_offline_at_once(town: Town):
    hotline, (here, there) = town.hotline, town.branches
    async with here.office.line(hotline.agents[0].token):
        await there.finds(hotline.office.admin, agent1="AVAILABLE", agent2="OFFLINE")
        here.process.end(signal.SIGTERM)
        await there.finds(hotline.office.admin, agent1="OFFLINE", agent2="OFFLINE")


async def test_a_session_has_its_sockets_in_all_processes_together(town: Town):
    hotline, (here, there) = town.hotline, town.branches
    agent = hotline.agents[0]
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS_PER_SESSION):
            await stack.enter_async_context(here.office.line(agent.token))
        await there.finds(hotline.office.admin, agent1="AVAILABLE", agent2="OFFLINE")
        async with asyncio.timeout(SOON):
            while await admitted(there, str(agent.token)):
                await asyncio.sleep(0.1)
        other = await hotline.office.signed_in("agent1")
        async with there.office.line(other.token):
            pass
        here.process.end(signal.SIGKILL)
        began = monotonic()
        while not await admitted(there, str(agent.token)):
            assert monotonic() - began < LIFE_SECONDS / 2, "the dead do not keep the places of the living"
            await asyncio.sleep(0.2)
