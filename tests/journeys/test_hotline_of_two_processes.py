"""A hotline whose agents are connected to two server processes: through the webhook, HTTP and sockets alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from tests.factories.branches import Town, town_over
from tests.factories.sockets import CALLS, Feed
from tests.servers import Databases

from crm.notify.customers import agents

PRESENCE = "subscription ($after: String) { events(topics: [PRESENCE], after: $after) { cursor topic recordId } }"
CLAIM = "call { state claimedBy { username } }"


@pytest.fixture(scope="module")
async def kept(databases: Databases, valkey: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """For tests that leave it as it was."""
    async with town_over(databases, valkey, tmp_path_factory.mktemp("town")) as town:
        yield town


@asynccontextmanager
async def listening(town: Town) -> AsyncIterator[list[Feed]]:
    """Each agent at a process of their own."""
    async with AsyncExitStack() as stack:
        pairs = zip(town.branches, town.hotline.agents, strict=True)
        yield [await stack.enter_async_context(branch.office.listens(agent, CALLS)) for branch, agent in pairs]


async def heard(feeds: list[Feed]) -> list[tuple[str, str | None]]:
    """The next state of the call at each of them, and who has it."""
    calls = [(await feed.next())["call"] for feed in feeds]
    return [(call["state"], (call["claimedBy"] or {}).get("username")) for call in calls]


async def test_a_popup_is_withdrawn_wherever_it_is_when_somebody_answers(kept: Town):
    hotline, branches = kept.hotline, kept.branches
    async with listening(kept) as feeds:
        await hotline.pbx.tell("ringing")
        assert await heard(feeds) == [("RINGING", None)] * 2
        second = branches[1].person(hotline.agents[1])
        await second.do("callClaim", CLAIM, id=await hotline.call_id())
        assert await heard(feeds) == [("ANSWERED", "agent2")] * 2
        first = branches[0].person(hotline.agents[0])
        refused = await first.tried("callClaim", CLAIM, id=await hotline.call_id())
        assert [error["message"] for error in refused["userErrors"]] == ["Answered by Agent 2."]
        await second.do("callHold", CLAIM, id=await hotline.call_id())
        assert await heard(feeds) == [("HELD", "agent2")] * 2
        await second.do("callTransfer", CLAIM, id=await hotline.call_id(), toId=hotline.agents[0].id)
        assert await heard(feeds) == [("TRANSFERRED", "agent1")] * 2
        await first.do("callClaim", CLAIM, id=await hotline.call_id())
        assert await heard(feeds) == [("ANSWERED", "agent1")] * 2
        await hotline.pbx.tell("ended")
        assert await heard(feeds) == [("ENDED", "agent1")] * 2
        await first.do("callEnd", CLAIM, id=await hotline.call_id())
        assert await heard(feeds) == [("ENDED", "agent1")] * 2
        assert [await feed.silent() for feed in feeds] == [True, True]


async def test_a_popup_is_withdrawn_when_the_caller_gives_up(kept: Town):
    hotline = kept.hotline
    async with listening(kept) as feeds:
        await hotline.pbx.tell("ringing", "c2")
        assert await heard(feeds) == [("RINGING", None)] * 2
        await hotline.pbx.tell("ended", "c2", cause="originator_cancel")
        assert await heard(feeds) == [("ABANDONED", None)] * 2


async def test_a_screen_that_opens_while_it_rings_is_told_at_once(kept: Town):
    hotline, (here, there) = kept.hotline, kept.branches
    first, second = hotline.agents
    await hotline.pbx.tell("ringing", "c4")
    await hotline.pbx.tell("ringing", "c5", called="1002")
    async with there.office.listens(second, CALLS) as feed:
        told = [(await feed.next())["call"] for _ in range(2)]
        assert [call["id"] for call in told] == [await hotline.call_id("c4"), await hotline.call_id("c5")]
        assert await feed.silent()
        await here.person(first).do("callClaim", CLAIM, id=await hotline.call_id("c4"))
        assert await heard([feed]) == [("ANSWERED", "agent1")]
        cursor = feed.cursor
    async with here.office.listens(second, CALLS) as fresh, there.office.listens(second, CALLS, cursor) as back:
        assert (await fresh.next())["call"]["id"] == await hotline.call_id("c5")
        assert [await feed.silent() for feed in (fresh, back)] == [True, True], "of what others have it is not told"
        await hotline.pbx.tell("missed", "c5", called="1002")
        assert await heard([fresh, back]) == [("MISSED", None)] * 2
    await hotline.pbx.tell("ended", "c4")
    await here.person(first).do("callEnd", CLAIM, id=await hotline.call_id("c4"))
    async with there.office.listens(second, CALLS) as late, here.office.listens(first, CALLS) as mine:
        assert [await feed.silent() for feed in (late, mine)] == [True, True], "what is over rings nobody"


async def test_an_agent_is_found_by_either_process_while_any_tab_is_open(kept: Town):
    hotline, (here, there) = kept.hotline, kept.branches
    agent, admin = hotline.agents[0], hotline.office.admin
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(here.office.line(agent.token))
        await there.finds(admin, agent1="AVAILABLE", agent2="OFFLINE")
        await second.enter_async_context(there.office.line(agent.token))
        await first.aclose()
        for _ in range(10):
            assert (await there.states(admin))["agent1"] == "AVAILABLE"
            await asyncio.sleep(0.1)
        await here.finds(admin, agent1="AVAILABLE", agent2="OFFLINE")
        await second.aclose()
        await here.finds(admin, agent1="OFFLINE", agent2="OFFLINE")


async def test_a_supervisor_is_told_of_whoever_is_found_otherwise(kept: Town):
    hotline, (here, there) = kept.hotline, kept.branches
    first, admin = hotline.agents[0], hotline.office.admin
    await here.finds(admin, agent1="OFFLINE", agent2="OFFLINE")
    async with here.office.listens(admin, PRESENCE) as near, there.office.listens(admin, PRESENCE) as far:

        async def told() -> set[str]:
            """Who the next event is of, and how they are found then by the process that told."""
            states = set()
            for branch, feed in ((here, near), (there, far)):
                event = await feed.next()
                assert (event["topic"], event["recordId"]) == ("PRESENCE", first.id)
                found = await branch.person(admin).ask("agents", "state", userIds=[event["recordId"]])
                states |= {each["state"] for each in found}
            return states

        await near.drain(agents.LEAVE_SECONDS + 2)
        await far.drain()
        async with here.office.line(first.token):
            assert await told() == {"AVAILABLE"}
            await there.person(first).do("presenceSet", "agent { state }", state="AWAY")
            assert await told() == {"AWAY"}
            await here.person(first).do("presenceSet", "agent { state }", state="AVAILABLE")
            assert await told() == {"AVAILABLE"}
            await hotline.pbx.tell("answered", "c9", second=3590, agent="1001")
            assert await told() == {"BUSY"}
            await hotline.pbx.tell("ended", "c9", second=3599)
            assert await told() == {"WRAP_UP"}
            await there.person(first).do("callEnd", CLAIM, id=await hotline.call_id("c9"))
            assert await told() == {"AVAILABLE"}
        async with there.office.line(first.token):
            assert await near.drain(agents.LEAVE_SECONDS + 1) == [], "a page that is loaded anew, elsewhere"
        assert await told() == {"OFFLINE"}


async def test_what_somebody_chose_and_has_outweighs_where_they_are(kept: Town):
    hotline, (here, there) = kept.hotline, kept.branches
    admin = hotline.office.admin
    first, second = hotline.agents
    async with here.office.line(first.token), there.office.line(second.token):
        await there.person(second).do("presenceSet", "agent { state }", state="AWAY")
        await here.finds(admin, agent1="AVAILABLE", agent2="AWAY")
        await hotline.pbx.tell("answered", "c3", second=3590, agent="1001")
        await there.finds(admin, agent1="BUSY", agent2="AWAY")
        await hotline.pbx.tell("ended", "c3", second=3599)
        await there.finds(admin, agent1="WRAP_UP", agent2="AWAY")
        await here.person(first).do("callEnd", "call { state }", id=await hotline.call_id("c3"))
        await there.person(second).do("presenceSet", "agent { state }", state="AVAILABLE")
        await there.finds(admin, agent1="AVAILABLE", agent2="AVAILABLE")
