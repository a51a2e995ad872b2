"""Server-sent events and the server around them: presence, deploys, pages of other origins."""

from __future__ import annotations

import asyncio
import signal
import time
from contextlib import AsyncExitStack, closing

import httpx
import pytest
from tests.customers.calling import Hotline
from tests.factories.api import staffed
from tests.factories.sockets import ANNOUNCEMENTS, ConnectedOffice, connected, connected_office, served
from tests.factories.streams import CURSORS, Plain, heard, listening, open_streams, publish, until
from tests.servers import SECRET_KEY

own = pytest.fixture(connected)


async def test_who_listens_is_online(own):
    hotline = await Hotline(own).staffed(1)
    (agent,) = hotline.agents
    assert await state(own) == ["OFFLINE"]
    async with listening(own.client, agent.token, "subscription { incomingCalls { cursor call { state } } }") as listener:
        await heard(listener)
        assert await state(own) == ["AVAILABLE"]
        await hotline.pbx.tell("ringing")
        assert (await listener.next())["call"]["state"] == "RINGING"


async def state(office: ConnectedOffice) -> list[str]:
    """How the agents are found."""
    return [each["state"] for each in await office.admin.ask("agents", "state")]


async def test_a_deploy_ends_the_stream_without_complete_and_the_client_goes_on_elsewhere(database, tmp_path):
    async with connected_office(database, tmp_path) as office:
        async with listening(office.client, office.admin.token, CURSORS) as listener:
            await heard(listener)
            await publish(office, "before")
            cursor = (await listener.next())["cursor"]
            await publish(office, "also before")
            await listener.next()
            started = asyncio.get_running_loop().time()
            await office.stop()
            assert asyncio.get_running_loop().time() - started < 5, "an open stream holds the server up"
            assert await listener.ends() == []
    async with served(database, tmp_path) as elsewhere, httpx.AsyncClient(base_url=elsewhere.address) as client:
        async with listening(client, office.admin.token, ANNOUNCEMENTS, after=cursor) as listener:
            assert (await listener.next())["announcement"]["title"] == "also before"


async def test_a_server_that_stops_has_none_open_any_more(database, tmp_path):
    """How many are open is counted for the process; what a server leaves there, nobody takes away again."""
    before = open_streams()
    async with AsyncExitStack() as stack:
        office = await stack.enter_async_context(connected_office(database, tmp_path))
        line = await stack.enter_async_context(office.line(office.admin.token))
        await line.listen(ANNOUNCEMENTS)
        await heard(await stack.enter_async_context(listening(office.client, office.admin.token, CURSORS)))
        deaf = stack.enter_context(closing(Plain(office.address)))
        await deaf.ask(str(office.admin.token), ANNOUNCEMENTS)
        await until(lambda: open_streams() == before + 3)
        for number in range(20):  # more than the kernel holds: its answer stands still
            await publish(office, f"long {number}", 20_000)
        await office.stop()
        assert open_streams() == before


async def test_pages_of_allowed_origins_may_send_the_header(database, tmp_path):
    async with connected_office(database, tmp_path, allowed_origins=("https://app.test",)) as office:
        told = {
            "Origin": "https://app.test",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "last-event-id, authorization",
        }
        answer = await office.client.options("/graphql", headers=told)
        assert answer.status_code == 200
        assert "Last-Event-ID" in answer.headers["access-control-allow-headers"]


async def test_a_process_that_is_told_to_end_ends_its_streams_and_itself(database, serving):
    process = serving("serve", "--port", "0", CRM_DATABASE_URL=database.url, CRM_SECRET_KEY=SECRET_KEY)
    address = await asyncio.to_thread(process.address)
    async with httpx.AsyncClient(base_url=address) as client:
        office = await staffed(client, database)
        async with listening(client, office.admin.token, CURSORS) as listener:
            await heard(listener)
            await publish(office, "from a process of its own")
            await listener.next()
            started = time.monotonic()
            code = await asyncio.to_thread(process.end, signal.SIGTERM)
            assert await listener.ends() == []
    assert code in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert time.monotonic() - started < 15, "an open stream holds the process up"
    assert process.complaints == []
