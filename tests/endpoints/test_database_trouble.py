"""A database that is too slow, too busy or away: told by status and code, soon, and nothing half done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.conftest import make_settings
from tests.factories.api import Answer, Office, staffed
from tests.factories.sockets import ConnectedOffice, connected_office
from tests.servers import Databases

from crm.app import create_app
from crm.store.database import Database, open_database

GRAPHQL_JSON = "application/graphql-response+json"
SECONDS = 1.0
CUSTOMERS = {"query": "{ customers { nodes { id } } }"}
NESTED = {"query": "{ customers { nodes { id contacts { nodes { id } } } } }"}
ADD_TAG = 'mutation { tagCreate(input: {name: "x"}, idempotencyKey: "once") { tag { name } userErrors { code } } }'
BLOCKED = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    AND state = 'active' AND application_name = 'crm' AND wait_event_type = 'Lock'"""


@pytest.fixture
async def small(databases: Databases) -> AsyncIterator[Database]:
    async with databases.temporary() as url, open_database(url, max_size=2, wait_seconds=0.2) as database:
        yield database


@pytest.fixture
async def office(request, small: Database, tmp_path: Path) -> AsyncIterator[Office]:
    """An office over two connections, whose requests may take a second; reading by plans, or level by level."""
    settings = make_settings(small, tmp_path, request_seconds=SECONDS, plans=getattr(request, "param", True))
    app = create_app(settings, small, background=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
        yield await staffed(client, small)


@asynccontextmanager
async def locked(database: Database, *tables: str) -> AsyncIterator[asyncpg.Connection]:
    """Nobody can so much as read these tables."""
    connection = await asyncpg.connect(database.url)
    try:
        async with connection.transaction():
            for table in tables:
                await connection.execute(f'LOCK TABLE "{table}" IN ACCESS EXCLUSIVE MODE')
            yield connection
    finally:
        await connection.close()


def check_timeout(answer: Answer, media: str) -> None:
    assert (answer.status, answer.codes, "data" in answer.body) == (504, ["TIMEOUT"], False)
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("office", [True, False], ids=["plans", "loaders"], indirect=True)
@pytest.mark.parametrize("media", ["application/json", GRAPHQL_JSON])
@pytest.mark.parametrize(("query", "table"), [(CUSTOMERS, "party"), (NESTED, "contact")], ids=["root", "children"])
async def test_a_query_that_takes_too_long_is_cancelled_on_the_server(office: Office, small: Database, media, query, table):
    await office.admin.do("customerCreate", "customer { id }", input={"name": "someone"})
    async with locked(small, table) as other:
        began = time.monotonic()
        answer = await office.admin.post(query, Accept=media)
        assert time.monotonic() - began < SECONDS + 2
        check_timeout(answer, media)
        assert await other.fetchval(BLOCKED) == 0
    assert (await office.admin.post(query)).status == 200


async def test_a_mutation_that_takes_too_long_is_undone_and_done_once_by_its_key(office: Office, small: Database):
    async with locked(small, "tag") as other:
        check_timeout(await office.admin.post({"query": ADD_TAG}), "application/json")
        assert await other.fetchval(BLOCKED) == 0
    assert await office.value("SELECT count(*) FROM tag") == 0
    for _ in range(2):
        assert (await office.admin.post({"query": ADD_TAG})).data["tagCreate"]["tag"] == {"name": "x"}
    assert await office.value("SELECT count(*) FROM tag") == 1


async def test_a_verb_that_was_done_is_told_beside_one_that_was_too_late(office: Office, small: Database):
    query = """mutation {
        one: customerCreate(input: {name: "one"}) { customer { name } userErrors { code } }
        two: tagCreate(input: {name: "two"}) { tag { name } userErrors { code } }
    }"""
    async with locked(small, "tag"):
        answer = await office.admin.post({"query": query})
    assert (answer.status, answer.codes) == (200, ["TIMEOUT"])
    assert answer.data == {"one": {"customer": {"name": "one"}, "userErrors": []}, "two": None}
    assert answer.errors[0]["path"] == ["two"]
    assert await office.value("SELECT count(*) FROM tag") == 0


@pytest.mark.parametrize("media", ["application/json", GRAPHQL_JSON])
async def test_a_full_pool_answers_503_and_nothing_is_done(office: Office, small: Database, media):
    async with small.connection(), small.connection():
        for query in (CUSTOMERS, {"query": ADD_TAG}, {"query": "{ nope }"}):
            answer = await office.admin.post(query, Accept=media)
            assert (answer.status, answer.codes, "data" in answer.body) == (503, ["UNAVAILABLE"], False)
            assert answer.headers["retry-after"] == "1"
            assert answer.errors[0]["extensions"]["retryAfter"] == 1
            assert answer.headers["content-type"] == f"{media}; charset=utf-8"
    assert await office.value("SELECT count(*) FROM tag") == 0
    assert (await office.admin.post({"query": ADD_TAG})).data["tagCreate"]["tag"] == {"name": "x"}


@pytest.mark.parametrize("token", [True, False], ids=["known", "signing in"])
async def test_a_database_that_is_away_answers_503_at_once(office: Office, small: Database, token, monkeypatch):
    await small.client.close()
    with monkeypatch.context() as patch:
        patch.setattr(small.client, "host", "localhost")
        patch.setattr(small.client, "port", 1)
        query = CUSTOMERS if token else {"query": 'mutation { signIn(input: {username: "a", password: "b"}) { token } }'}
        began = time.monotonic()
        answer = await (office.admin if token else office.anonymous).post(query)
        assert time.monotonic() - began < 2
        assert (answer.status, answer.codes, answer.headers["retry-after"]) == (503, ["UNAVAILABLE"], "1")
    await small.client.close()
    assert (await office.admin.post(CUSTOMERS)).status == 200


async def test_a_mistake_of_ours_is_no_trouble_of_the_databases(office: Office, monkeypatch):
    """asyncpg calls a value that fits no parameter an interface error, like a lost connection."""

    async def wrong(*_: object) -> object:
        async with office.database.connection() as connection:
            return await connection.fetch("SELECT $1::int", "no number")

    monkeypatch.setattr("crm.resolvers.system.records.bin_page", wrong)
    answer = await office.admin.post({"query": '{ deletedRecords(entity: "customer") { nodes { id } } }'})
    assert (answer.status, answer.codes) == (200, ["INTERNAL"])


@pytest.fixture
async def connected(database: Database, tmp_path: Path) -> AsyncIterator[ConnectedOffice]:
    async with connected_office(database, tmp_path, request_seconds=SECONDS) as office:
        yield office


async def test_a_client_that_goes_away_leaves_no_statement_behind(connected: ConnectedOffice, database: Database):
    async with locked(database, "party") as other:
        with pytest.raises(httpx.ReadTimeout):
            await connected.client.post(
                "/graphql",
                json=CUSTOMERS,
                headers={"Authorization": f"Bearer {connected.admin.token}"},
                timeout=httpx.Timeout(10, read=SECONDS / 2),
            )
        async with asyncio.timeout(SECONDS + 2):
            while await other.fetchval(BLOCKED):
                await asyncio.sleep(0.02)
    assert (await connected.admin.post(CUSTOMERS)).status == 200


async def test_on_a_socket_the_operation_is_told_and_the_socket_lives(connected: ConnectedOffice, database: Database):
    async with connected.line(connected.admin.token) as line:
        for table, query in (("party", CUSTOMERS["query"]), ("session", "{ __typename }"), ("tag", ADD_TAG)):
            async with locked(database, table):
                assert (await (await line.subscribe(query)).error()) == {"code": "TIMEOUT"}
        again = await (await line.subscribe(CUSTOMERS["query"])).message()
        assert again["payload"]["data"] == {"customers": {"nodes": []}}
        assert "errors" not in again["payload"]
        assert line.closed is None
