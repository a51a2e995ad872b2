"""Automatic persisted queries on sockets: of queries, and of subscriptions, whose document is run again for each event."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.factories.sockets import kept_connected

connected = pytest.fixture(scope="module")(kept_connected)


def named(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


async def test_it_works_on_sockets_for_queries_and_subscriptions(connected):
    query = "subscription ($after: String) { announcements(after: $after) { cursor announcement { title } } }"
    async with connected.line(connected.admin.token) as line:
        for text in ("{ me { username } }", query):
            await line.send({"type": "subscribe", "id": "a", "payload": {"extensions": named(text)}})
            missing = await line.other()
            assert (missing["type"], missing["payload"][0]["message"]) == ("error", "PersistedQueryNotFound")
        await line.send({"type": "subscribe", "id": "b", "payload": {"query": query, "extensions": named(query)}})
        await line.send({"type": "subscribe", "id": "c", "payload": {"extensions": named(query)}})
        assert (await (await line.subscribe("{ me { username } }")).message())["type"] == "next"
        given = {"title": "by hash", "body": "y", "audience": {"everyone": True}}
        await connected.admin.do("announcementPublish", "announcement { id }", input=given)
        got = [await line.other(), await line.other()]
        assert {message["id"] for message in got} == {"b", "c"}
        assert {message["payload"]["data"]["announcements"]["announcement"]["title"] for message in got} == {"by hash"}
