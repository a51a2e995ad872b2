"""Thousands of malformed requests, of bytes and of structures: never a 5xx, never a traceback in the log.

Bodies, addresses and headers go to the application, broken HTTP to a server process over plain sockets. With CRM_SOAK=1 ten
thousand requests and two thousand connections, else a twentieth. CRM_SEED chooses other ones.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
import pytest
from tests.factories.api import Office, kept
from tests.factories.logbook import is_bad, kept_log
from tests.factories.malformed import Malformer
from tests.servers import SECRET_KEY, Serving

SOAK = bool(os.environ.get("CRM_SOAK"))
REQUESTS = 10_000 if SOAK else 500
CONNECTIONS = 2_000 if SOAK else 100
LONGEST_STREAM = 10.0
SEED = int(os.environ.get("CRM_SEED", "20260301"))

office = pytest.fixture(scope="module")(kept)


logged = pytest.fixture(kept_log)


async def test_no_request_makes_us_crash(office: Office, logged, record_property):
    statuses: Counter[int] = Counter()
    for number in range(REQUESTS):
        seed = SEED + number
        try:
            async with asyncio.timeout(LONGEST_STREAM):
                answer = await office.client.request(**Malformer(seed, str(office.admin.token)).request())
        except TimeoutError:  # a subscription that was well-formed after all, by whoever takes event streams: it goes on
            statuses[0] += 1
            continue
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, (seed, answer.text)
        assert "INTERNAL" not in answer.text, (seed, answer.text)
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            assert answer.text.endswith("event: complete\ndata:\n\n"), seed
        elif answer.content and answer.status_code != 405:
            assert answer.json().keys() <= {"data", "errors", "extensions"}, seed
    bad = [line for line in logged() if is_bad(line)]
    assert bad == []
    assert statuses[0] < REQUESTS / 100, "nearly all of these are to be answered"
    record_property("requests by status", dict(sorted(statuses.items())))
    assert statuses[200] > REQUESTS / 10, "most never reached the schema: nothing was tested"
    assert (await office.admin.run("{ me { username } }")).data == {"me": {"username": "admin"}}


async def spoken(address: str, message: bytes, *, cut: bool) -> int | None:
    """Send the bytes; the status that came back, if any did. `cut` hangs up at once."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(message)
        if not cut:
            with suppress(TimeoutError, OSError):
                line = await asyncio.wait_for(reader.readline(), 0.3)
                if line.startswith(b"HTTP/1"):
                    return int(line.split()[1])
        return None
    finally:
        writer.transport.abort()


@pytest.fixture
async def living(office: Office, serving) -> Serving:
    process = serving("serve", "--port", "0", CRM_DATABASE_URL=office.database.url, CRM_SECRET_KEY=SECRET_KEY)
    await asyncio.to_thread(process.address)
    return process


async def test_no_broken_http_makes_the_server_crash(office: Office, living, record_property):
    address = living.address()
    statuses: Counter[int | None] = Counter()
    for number in range(CONNECTIONS):
        malformer = Malformer(SEED + number, str(office.admin.token))
        status = await spoken(address, malformer.message(urlsplit(address).netloc), cut=malformer.dice.random() < 0.3)
        statuses[status] += 1
        assert status is None or status < 500, SEED + number
    async with httpx.AsyncClient(base_url=address) as client:
        assert (await client.get("/readyz")).status_code == 200
    await asyncio.sleep(0.2)
    assert living.complaints == []
    record_property("connections by status", {str(key): value for key, value in statuses.items()})
    assert statuses[200] > 0
