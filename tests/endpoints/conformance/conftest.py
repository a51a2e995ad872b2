"""A served office, peers that know no rules, and what must hold after every check, whatever a peer did."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest
from tests.factories.harm import unharmed
from tests.factories.logbook import Lines, kept_log
from tests.factories.peers import Peer, peer
from tests.factories.sockets import ConnectedOffice, kept_connected

office = pytest.fixture(scope="module")(kept_connected)
logged = pytest.fixture(kept_log)

Connect = Callable[..., AbstractAsyncContextManager[Peer]]


@pytest.fixture
def connect(office: ConnectedOffice) -> Connect:
    """Opens connections: `async with connect(token) as peer`."""
    return partial(peer, office.address)


@pytest.fixture
def admin(office: ConnectedOffice) -> str:
    """A token of the administrator."""
    assert office.admin.token
    return office.admin.token


@pytest.fixture(autouse=True)
async def _unharmed(office: ConnectedOffice, logged: Lines, connect: Connect, admin: str) -> AsyncIterator[None]:
    """After each check: no mistake of ours in the log, somebody who was there before is served, and nothing is left behind."""
    async with unharmed(office, logged), connect(admin) as other:
        yield
        assert await other.lives()
