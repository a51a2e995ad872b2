"""Conformance: what takes time: who does not sign in, who is silent, who never reads. All of it runs at once.

Clocks are as they are, for the checks know the server from outside only.
"""

from __future__ import annotations

import asyncio
import time

import pytest
from tests.factories.peers import TEXT, Ended, init, peer, subscribe, text
from tests.factories.sockets import ConnectedOffice

from crm import metrics

NEWS = "subscription { announcements { cursor announcement { title body } } }"
INIT_SECONDS, PING_SECONDS = 5.0, 12.0
LONGEST_GRACE = 8.0
"""Two seconds to take a close frame, and five to fetch what was sent before; then the connection is reset."""
LATE = 3.0
"""By how much a busy machine may be late."""


async def never_signs_in(office: ConnectedOffice) -> None:
    """A client that sends no connection_init within 5 s is closed with 4408; pings give it no more time."""
    started = time.monotonic()
    async with peer(office.address) as silent, peer(office.address) as pinging:
        ends = asyncio.gather(silent.ends(), pinging.ends())
        while not ends.done():
            await pinging.say({"type": "ping"})
            await asyncio.sleep(0.5)
        assert await ends == [4408, 4408]
        assert INIT_SECONDS - 0.5 < time.monotonic() - started < INIT_SECONDS + LATE


async def signs_in_slowly(office: ConnectedOffice) -> None:
    """A connection_init that comes late, but in time, is acknowledged; a byte of it now and then is not enough."""
    message = text(init(office.admin.token))
    async with peer(office.address) as slow, peer(office.address) as never:
        await never.send(message[:5])
        await slow.send(message[:20])
        await asyncio.sleep(2.5)
        await slow.send(message[20:])
        assert (await slow.hear())["type"] == "connection_ack"
        assert await never.ends() == 4408
        await asyncio.sleep(INIT_SECONDS)
        assert await slow.lives(), "who has signed in has all the time there is"


async def is_silent(office: ConnectedOffice) -> None:
    """The server pings every 12 s, so that proxies keep the line and the client knows that it lives."""
    async with peer(office.address, office.admin.token) as quiet:
        started = time.monotonic()
        while (await quiet.frame(PING_SECONDS + LATE))[0] != TEXT:
            pass
        assert PING_SECONDS - 0.5 < time.monotonic() - started < PING_SECONDS + LATE
        assert await quiet.lives(), "a client need not answer the pings of the server"


async def never_reads(office: ConnectedOffice) -> None:
    """A client that takes nothing is closed, and after a grace it is gone; others are told all the time."""
    person, listener = await office.hire("deaf"), await office.hire("listener")
    async with peer(office.address, person.token) as deaf, peer(office.address, listener.token) as other:
        deaf.writer.transport.pause_reading()
        await deaf.say(subscribe(NEWS))
        await other.say(subscribe(NEWS))
        assert await other.lives()
        before, gone_by, number = metrics.sockets_evicted._value.get(), 0.0, 0
        while not gone_by or time.monotonic() < gone_by:
            given = {"title": f"n{number}", "body": "x" * (100 if gone_by else 20_000), "audience": {"everyone": True}}
            await office.admin.do("announcementPublish", "announcement { id }", input=given)
            told = await other.hear(2)
            assert told["payload"]["data"]["announcements"]["announcement"]["title"] == f"n{number}"
            number += 1
            if not gone_by and metrics.sockets_evicted._value.get() > before:
                gone_by = time.monotonic() + LONGEST_GRACE
            await asyncio.sleep(0.2 if gone_by else 0.01)
        deaf.writer.transport.resume_reading()
        assert await deaf.ends(2) in (4413, 1006)


async def test_patience_has_an_end(office: ConnectedOffice):
    """Each of these has its own sentence."""
    await asyncio.gather(never_signs_in(office), signs_in_slowly(office), is_silent(office), never_reads(office))


async def test_a_client_that_falls_behind_is_told_4413(office: ConnectedOffice, connect):
    """A client for which more waits than the server keeps for one is closed with 4413; it comes back with its cursor."""
    person = await office.hire("slow")
    async with connect(person.token) as slow:
        slow.writer.transport.pause_reading()
        await slow.say(subscribe(NEWS))
        await asyncio.sleep(0.2)
        before = metrics.sockets_evicted._value.get()
        for number in range(300):
            if metrics.sockets_evicted._value.get() > before:
                break
            given = {"title": f"n{number}", "body": "x" * 20_000, "audience": {"everyone": True}}
            await office.admin.do("announcementPublish", "announcement { id }", input=given)
        slow.writer.transport.resume_reading()
        got = 0
        with pytest.raises(Ended) as end:
            while True:
                message = await slow.hear()
                assert message["payload"]["data"]["announcements"]["announcement"]["title"] == f"n{got}"
                got += 1
        assert end.value.code == 4413
        assert 0 < got < number
