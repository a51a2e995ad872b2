"""Alive, ready, counted."""

from __future__ import annotations

import httpx
import pytest
from tests.conftest import make_settings

from crm.app import LARGEST_BODY, create_app
from crm.store.database import Database


def speaking_to(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://crm.test")


async def test_a_whole_system_is_alive_and_ready(client):
    assert (await client.get("/healthz")).text == "ok"
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": {"database": "ok", "broker": "ok"}})


async def test_a_missing_migration_is_not_ready(client, database: Database):
    async with database.connection() as connection:
        await connection.execute("DELETE FROM tortoise_migrations")
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "waits for migration 0001_initial: run crm migrate"
    assert (await client.get("/healthz")).status_code == 200


async def test_a_database_that_is_gone_is_not_ready(client, database: Database):
    await database.client.close()
    database.client.port = 1
    database.client.host = "localhost"
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "does not answer", "broker": "ok"})


async def test_a_redis_that_is_gone_is_told_and_stops_nobody(database: Database, tmp_path):
    """Events are read from the database then. If every process said it is not ready, nobody could connect."""
    app = create_app(make_settings(database, tmp_path, redis_url="redis://localhost:1"), database, background=False)
    async with app.router.lifespan_context(app), speaking_to(app) as client:
        answer = await client.get("/readyz")
    verdict = "Redis does not answer: events are read from the database"
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": {"database": "ok", "broker": verdict}})


async def test_what_has_not_started_is_not_ready(database: Database, tmp_path):
    async with speaking_to(create_app(make_settings(database, tmp_path), database, background=False)) as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["broker"]) == (503, "not open yet")


async def test_statements_are_counted(client):
    async def counted() -> float:
        lines = (await client.get("/metrics")).text.splitlines()
        return float(next(line.split()[1] for line in lines if line.startswith("crm_sql_statements_total")))

    before = await counted()
    await client.get("/readyz")
    assert await counted() == before + 2


@pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY + 1, 413), (LARGEST_BODY, 400)])
async def test_a_body_beyond_the_limit_is_refused(client, size, status):
    answer = await client.post("/graphql", content=b"x" * size, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["x-request-id"]


async def test_only_the_origins_that_were_named_may_ask(database: Database, tmp_path):
    settings = make_settings(database, tmp_path, allowed_origins="https://crm.example")
    async with speaking_to(create_app(settings, database, background=False)) as client:
        good = await client.get("/healthz", headers={"Origin": "https://crm.example"})
        bad = await client.get("/healthz", headers={"Origin": "https://evil.example"})
    assert good.headers["access-control-allow-origin"] == "https://crm.example"
    assert "access-control-allow-origin" not in bad.headers
