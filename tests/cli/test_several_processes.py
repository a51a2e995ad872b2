"""`crm serve` several times, `crm serve --workers`, `crm worker`: who does what, who takes over, and how they stop."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import time
from contextlib import suppress
from datetime import timedelta

import asyncpg
import httpx
import pytest
from tests.factories.api import Office, staffed
from tests.factories.sockets import CALLS, Line
from tests.factories.system import System, address_of, figures, kill, leads, system_over
from tests.notify.processes import until
from tests.servers import crm

from crm.core.clock import now, print_instant

ASKED = {"query": "{ customers(first: 5) { nodes { id } } }"}


@pytest.fixture
async def office(client, database) -> Office:
    return await staffed(client, database)


@pytest.fixture
async def system(database, valkey, serving) -> System:
    return await system_over(database, valkey, serving)


async def test_the_lead_is_the_worker_s_and_goes_round_when_it_is_killed(system: System):
    web, worker = await address_of(system.web()), system.worker()
    await until(lambda: leads(worker.address()))
    assert not await leads(web)
    kill(worker)
    began = time.monotonic()
    await until(lambda: leads(web))
    assert time.monotonic() - began < 4
    again = system.worker()
    await until(lambda: leads(again.address()))
    assert not await leads(web)
    assert again.end(signal.SIGTERM) == 143, again.output
    assert system.complaints == []


async def test_a_worker_answers_how_it_is_and_nothing_else(system: System):
    address = await address_of(system.worker())
    async with httpx.AsyncClient(base_url=address) as client:
        await until(lambda: _ready(client))
        assert (await client.get("/healthz")).text == "ok"
        assert (await client.post("/graphql", json=ASKED)).status_code == 404


async def _ready(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).json() == {"ready": True, "checks": {"database": "ok", "broker": "ok"}}


def test_a_worker_without_a_database_of_its_own_is_refused(tmp_path, valkey):
    answer = crm("worker", cwd=tmp_path, CRM_REDIS_URL=valkey)
    assert (answer.returncode, answer.stderr) == (
        1,
        "crm: crm worker needs CRM_DATABASE_URL: the embedded database belongs to one crm serve.\n",
    )


async def test_what_falls_due_is_done_also_where_nobody_started_a_worker(system: System, office: Office):
    made = await office.admin.do(
        "announcementCreate", "announcement { id }", input={"title": "Soon", "body": "x", "audience": {"everyone": True}}
    )
    at = print_instant(now() + timedelta(seconds=1))
    await office.admin.do("announcementSchedule", "announcement { id }", id=made["id"], publishAt=at)
    web = system.web()
    await address_of(web)
    await until(lambda: _published(office, made["id"]), within=30)
    worker = system.worker()
    await address_of(worker)
    await asyncio.to_thread(web.wait_for_text, "a crm worker is running again")


async def _published(office: Office, key: str) -> bool:
    return (await office.admin.ask("announcement", "status", id=key))["status"] == "PUBLISHED"


async def test_metrics_of_a_shared_port_are_those_of_all_its_processes(system: System):
    address = await address_of(system.web("--workers", "2"))
    await until(lambda: _are_two(address), within=60)
    before = sum(await figures(address, COUNTED))
    for _ in range(20):
        async with httpx.AsyncClient(base_url=address) as client:  # a new connection each, for whichever process takes it
            assert (await client.get("/healthz")).status_code == 200
    assert sum(await figures(address, COUNTED)) >= before + 20
    await until(lambda: leads(address))
    assert min(await figures(address, "crm_sql_statements_total")) > 0
    first = await _pids(address)
    os.kill(min(first), signal.SIGKILL)
    await until(lambda: _are_two(address, without=min(first)), within=60)
    assert sum(await figures(address, COUNTED)) >= before + 20  # what it had counted stays
    await until(lambda: leads(address))  # what it was does not


COUNTED = "crm_http_request_seconds_count"


async def _are_two(address: str, without: int = 0) -> bool:
    found = await _pids(address)
    return len(found) == 2 and without not in found


async def _pids(address: str) -> set[int]:
    """The processes that the metrics tell of."""
    with suppress(httpx.HTTPError):
        async with httpx.AsyncClient(base_url=address) as client:
            text = (await client.get("/metrics")).text
        return {int(pid) for pid in re.findall(r'process_resident_memory_bytes\{pid="(\d+)"\}', text)}
    return set()


async def test_processes_that_share_a_port_end_with_the_one_that_started_them(system: System):
    server = system.web("--workers", "2")
    address = await address_of(server)
    await until(lambda: _are_two(address), within=60)
    kill(server)
    await until(lambda: _is_free(address), within=20)


async def _is_free(address: str) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", int(address.rpartition(":")[2]))):
        return True
    return False


@pytest.mark.parametrize("workers", [1, 2])
async def test_who_is_asked_to_stop_finishes_what_it_began(system: System, office: Office, workers: int):
    """Requests that wait for a lock are answered, sockets are told to come back, and it is over in time."""
    server = system.web("--workers", str(workers))
    async with system.at(await address_of(server)) as there:
        await until(lambda: _serves(there.client), within=60)
        lines = [await _line(there, str(office.admin.token)) for _ in range(4)]
        lock = await asyncpg.connect(system.database.url)
        transaction = lock.transaction()
        await transaction.start()
        await lock.execute("LOCK TABLE party IN ACCESS EXCLUSIVE MODE")
        headers = {"Authorization": f"Bearer {office.admin.token}"}
        asked = [asyncio.create_task(there.client.post("/graphql", json=ASKED, headers=headers)) for _ in range(6)]
        await until(lambda: _waiting(system, 6))
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert [await line.closes() for line in lines] == [1012] * len(lines)
        await transaction.rollback()
        await lock.close()
        answers = await asyncio.gather(*asked)
        assert [(answer.status_code, answer.json()["data"]) for answer in answers] == [(200, {"customers": {"nodes": []}})] * 6
        code = await asyncio.to_thread(server.process.wait, 30)
    assert time.monotonic() - began < 30
    assert code == (143 if workers == 1 else 0)
    assert system.complaints == []


async def _serves(client: httpx.AsyncClient) -> bool:
    return (await client.get("/readyz")).status_code == 200


async def _line(there, token: str) -> Line:
    from websockets.asyncio.client import connect

    line = Line(await connect(there.address.replace("http", "ws", 1) + "/graphql", subprotocols=["graphql-transport-ws"]))
    await line.sign_in(token)
    await line.listen(CALLS)
    return line


async def _waiting(system: System, count: int) -> bool:
    async with system.database.connection() as connection:
        return bool(
            await connection.fetchval(
                "SELECT count(*) >= $1 FROM pg_locks WHERE NOT granted AND relation = 'party'::regclass", count
            )
        )
