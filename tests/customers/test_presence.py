"""Agents: what they choose, and what sockets and calls say on top of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, CALL, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened

from crm.access.viewer import Viewer

office = pytest.fixture(opened)
AGENTS = "user { username } state since call { state }"


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


@pytest.fixture
def online(app) -> Iterator[Callable[[Api], None]]:
    """Open a socket for somebody. It is closed with the test: how many are open is counted for the whole process."""
    opened = ExitStack()

    def connect(who: Api) -> None:
        viewer: Any = SimpleNamespace(session=uuid4(), id=UUID(who.id))
        presence, socket = app.state.services.presence, object()
        assert presence.admit(viewer, socket)
        opened.callback(presence.leave, viewer, socket)

    assert {"session", "id"} <= set(Viewer.__dataclass_fields__)
    with opened:
        yield connect


async def states(hotline: Hotline, who: Api | None = None) -> dict[str, str]:
    found = await (who or hotline.office.admin).ask("agents", AGENTS)
    return {each["user"]["username"]: each["state"] for each in found}


async def test_who_can_be_rung_and_how_they_are_found(hotline: Hotline, online):
    await hotline.office.hire("clerk", AGENT)
    assert await states(hotline) == {"agent1": "OFFLINE", "agent2": "OFFLINE"}
    for agent in hotline.agents:
        online(agent)
    assert await states(hotline) == {"agent1": "AVAILABLE", "agent2": "AVAILABLE"}
    first, second = hotline.agents
    made = await second.do("presenceSet", f"agent {{ {AGENTS} }}", state="AWAY")
    assert made == {"user": {"username": "agent2"}, "state": "AWAY", "since": made["since"], "call": None}
    async with hotline.office.unchanged():
        await second.do("presenceSet", "agent { state }", state="AWAY")
    await hotline.pbx.tell("ringing", second=3500)
    assert (await states(hotline))["agent1"] == "AVAILABLE"
    key = await hotline.call_id()
    await first.do("callClaim", CALL, id=key)
    busy = (await first.ask("agents", AGENTS))[0]
    assert (busy["state"], busy["call"]) == ("BUSY", {"state": "ANSWERED"})
    await hotline.pbx.tell("ended", second=3599)
    assert await states(hotline) == {"agent1": "WRAP_UP", "agent2": "AWAY"}
    await first.do("callEnd", CALL, id=key)
    assert await states(hotline) == {"agent1": "AVAILABLE", "agent2": "AWAY"}


async def test_a_call_that_nobody_files_is_forgotten_after_a_while(hotline: Hotline, online):
    online(hotline.agents[0])
    await hotline.pbx.tell("answered", second=1, agent="1001")
    await hotline.pbx.tell("ended", second=2)
    assert datetime.now(UTC) - hotline.pbx.begin > timedelta(minutes=30)
    assert (await states(hotline))["agent1"] == "AVAILABLE"


async def test_the_call_of_another_is_shown_by_rights(hotline: Hotline, online):
    online(hotline.agents[0])
    outsider = await hotline.office.hire("outsider", AGENT)
    await hotline.pbx.tell("ringing")
    await hotline.agents[0].do("callClaim", CALL, id=await hotline.call_id())
    found = (await outsider.ask("agents", AGENTS))[0]
    assert (found["state"], found["call"]) == ("BUSY", None)


async def test_whoever_does_not_work_here_is_no_agent(hotline: Hotline):
    channel = (await hotline.office.admin.do("channelCreate", "channel { id }", input={"name": "渠道"}))["id"]
    partner = await hotline.office.hire("partner", {"call.READ": "OWN"}, kind="CHANNEL", channel_id=channel)
    assert (await partner.asked("agents", AGENTS)).codes == ["FORBIDDEN"]
    async with hotline.office.unchanged():
        answer = await partner.run("mutation { presenceSet(state: AWAY) { userErrors { code } } }")
        assert answer.codes == ["FORBIDDEN"]


async def test_some_of_the_agents(hotline: Hotline, online):
    first, second = hotline.agents
    clerk = await hotline.office.hire("clerk", AGENT)
    online(second)
    ask = hotline.office.admin.ask
    found = await ask("agents", AGENTS, userIds=[second.id, clerk.id, str(UUID(int=1)), "nobody", first.id])
    assert [(each["user"]["username"], each["state"]) for each in found] == [("agent1", "OFFLINE"), ("agent2", "AVAILABLE")]
    assert await ask("agents", AGENTS, userIds=[clerk.id]) == []
    assert await ask("agents", AGENTS, userIds=[]) == []
    assert (await hotline.office.admin.asked("agents", AGENTS, userIds=[first.id] * 101)).codes == ["BAD_USER_INPUT"]
