"""Calls are found by their number and by what was said, from the moment the switchboard tells of them."""

from __future__ import annotations

import pytest
from tests.conftest import make_settings
from tests.customers.calling import SETTINGS, Hotline
from tests.factories.api import Office, opened
from tests.factories.entries import check_entries

office = pytest.fixture(opened)
FOUND = 'query ($q: String!) { search(query: $q, entities: ["call"]) { nodes { id title } } }'


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


async def test_a_call_is_found_while_it_rings_and_by_what_was_said(office: Office):
    hotline = await Hotline(office).staffed()
    await hotline.pbx.tell("ringing", "c1")
    key = await hotline.call_id("c1")
    raw = await office.value("SELECT number_e164 FROM call")
    await check_entries(office.database)
    found = (await office.admin.read(FOUND, q=raw[-6:]))["search"]["nodes"]
    assert [hit["id"] for hit in found] == [key]
    agent = hotline.agents[0]
    await agent.do("callClaim", "call { id }", id=key)
    await agent.do("callEnd", "call { id }", id=key, input={"note": "要退一箱龙井茶"})
    assert [hit["id"] for hit in (await office.admin.read(FOUND, q="退一箱"))["search"]["nodes"]] == [key]
    assert (await office.admin.read(FOUND, q="普洱"))["search"]["nodes"] == []
    await check_entries(office.database)
