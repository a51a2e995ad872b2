"""Conformance: the server's own end, and origins that its settings allow. Each check has a server of its own."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.peers import peer, subscribe
from tests.factories.sockets import connected_office


@pytest.fixture
def _unharmed() -> None:
    """These servers end."""


async def test_a_server_that_stops_closes_1012(database, tmp_path):
    """A server that restarts says so with 1012, to clients that are signed in and to those that are not."""
    async with connected_office(database, tmp_path) as office:
        async with (
            peer(office.address, office.admin.token) as listening,
            peer(office.address, office.admin.token) as quiet,
            peer(office.address) as unsigned,
        ):
            await listening.say(subscribe("subscription { announcements { cursor } }"))
            assert await listening.lives()
            ends = asyncio.gather(listening.ends(), quiet.ends(), unsigned.ends())
            await office.stop()
            assert await ends == [1012, 1012, 1012]


async def test_a_page_of_an_allowed_origin_is_served(database, tmp_path):
    """Which pages may open sockets is the server's choice: its own, and those that its settings name."""
    async with connected_office(database, tmp_path, allowed_origins=("https://app.test",)) as office:
        async with peer(office.address, office.admin.token, Origin="https://app.test") as allowed:
            assert await allowed.lives()
        for origin in ("https://app.test:8443", "http://app.test", "https://app.test.evil.test", "https://x.app.test"):
            async with peer(office.address, Origin=origin) as other:
                assert other.status == 403
