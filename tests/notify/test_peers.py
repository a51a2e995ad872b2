"""Addresses of peers: which ones are of the public internet, which ones are none, and that nothing is sent to either."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.factories.texting import SECRET, gateway

from crm.config import Settings
from crm.core.signing import SIGNATURE, TIMESTAMP, signature
from crm.notify.gateways import peers
from crm.notify.gateways.imap.client import Rejected
from crm.notify.gateways.imap.connection import Connection, Server
from crm.notify.gateways.peers import dialled, first_of, is_public
from crm.notify.gateways.posting import NotSent, Poster
from crm.notify.gateways.sms import drivers
from crm.notify.gateways.sms.driver import CannotSend, Way
from crm.notify.gateways.sms.drivers import Drivers, make
from crm.notify.gateways.sms.file import ConsoleDriver
from crm.notify.gateways.smtp_line import Login
from crm.notify.gateways.smtp_peer import SmtpPeer
from crm.rules.messaging.mail_hosts import MailSecurity


async def unheard(_report: Any) -> None:
    raise AssertionError("nobody reports anything")


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888%eth0"]
)
def test_public_addresses(address: str):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::", "::1", "fe80::1%eth0", "fd00::1", "ff0e::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808",
        "2002:7f00:1::", "2002:a00:1::1",
    ],
)  # fmt: skip
def test_private_addresses_also_where_they_are_wrapped(address: str):
    assert not is_public(address)


async def test_a_name_with_several_addresses_is_reached_by_any_of_them(monkeypatch):
    def told(_host: str, port: int) -> list[Any]:
        return [(None, None, None, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    async with gateway() as peer:
        monkeypatch.setattr(peers, "_looked_up", told)
        stamp, body = str(int(time.time())), b'{"segments": 1}'
        headers = {TIMESTAMP: stamp, SIGNATURE: signature(SECRET, stamp, body)}
        poster = Poster(f"http://two.example:{peer.port}/", private=True)
        assert (await poster.post(body, headers)).status == 202
        with pytest.raises(NotSent, match="private"):
            await Poster(f"http://two.example:{peer.port}/", private=False).post(body, headers)
        assert peer.requests == 1
        await poster.close()


async def test_mail_servers_are_reached_by_any_of_their_addresses_too(monkeypatch):
    """Where one address of a name is private, the name is: a peer is not chosen by what else it is called."""

    def told(_host: str, port: int) -> list[Any]:
        return [(None, None, None, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")]

    def mixed(_host: str, port: int) -> list[Any]:
        return [(None, None, None, "", (address, port)) for address in ("198.41.0.4", "64:ff9b::7f00:1")]

    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        monkeypatch.setattr(peers, "_looked_up", told)
        with await dialled("two.example", port, 2, private=True) as line:
            assert line.getpeername() == ("127.0.0.1", port)
        monkeypatch.setattr(peers, "_looked_up", mixed)
        login = Login("two.example", port, None, None, None, private=False, connections=1)
        assert "private network" in str(await SmtpPeer(login).try_login())
        mailbox = Server("two.example", port, MailSecurity.NONE, "u", "p", "INBOX")
        with pytest.raises(Rejected, match="private network"):
            async with Connection(mailbox, private=False):
                pass


async def test_names_that_nobody_answers_for_hold_no_other_thread(monkeypatch):
    """Nor does one more than there are threads wait for longer than it was given."""
    answer = threading.Event()

    def silent(_host: str, _port: int) -> list[Any]:
        answer.wait(10)
        return []

    monkeypatch.setattr(peers, "_looked_up", silent)
    try:
        asking = [asyncio.create_task(dialled(f"{number}.example", 25, 0.05, private=True)) for number in range(40)]
        await asyncio.sleep(0)
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 1), 2) == 1
        ends = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(end) for end in ends} == {TimeoutError}
    finally:
        answer.set()


async def test_an_address_that_hangs_leaves_time_for_the_next():
    async def connect(address: str) -> str:
        if address == "hangs":
            await asyncio.Event().wait()
        return address

    assert await first_of(["hangs", "good"], 0.02, connect) == "good"
    with pytest.raises(TimeoutError):
        await first_of(["hangs", "hangs"], 0.02, connect)


async def test_of_two_that_find_an_account_changed_one_makes_its_driver(monkeypatch):
    """Or the other's would be forgotten with its connections, and never closed."""
    made: list[Noted] = []

    class Noted(ConsoleDriver):
        closed = 0

        def __init__(self, way: Way, _heard: Any) -> None:
            super().__init__(way)
            made.append(self)

        async def close(self) -> None:
            await asyncio.sleep(0)
            self.closed += 1

    monkeypatch.setattr(drivers, "make", Noted)
    kept = Drivers(Settings(_env_file=None), unheard)
    account = {"id": UUID(int=1), "driver": "CONSOLE", "url": None, "sealed_secret": None, "sender": "1"}
    await kept.of(account)
    one, two = await asyncio.gather(*(kept.of({**account, "sender": "2"}) for _ in range(2)))
    assert one is two
    assert [each.closed for each in made] == [1, 0]
    await kept.close()
    assert [each.closed for each in made] == [1, 1]


@pytest.mark.parametrize("host", ["a..b", "a" * 64, "127.0.0.1/a b", "127.0.0.1/路径", "例子.example/"])
async def test_what_is_no_address_was_not_sent(host: str):
    poster = Poster(f"http://{host}", private=True)
    with pytest.raises(NotSent):
        await poster.post(b"{}", {})


@pytest.mark.parametrize("url", ["http://[", "http://host:99999/"])
def test_what_cannot_be_read_as_an_address_is_told_before_anything_is_sent(url: str):
    pytest.importorskip("smpp34")
    for driver in ("HTTP", "SMPP"):
        with pytest.raises(CannotSend, match="address"):
            make(Way(driver, url, "a secret", None, Path(), private=True), unheard)
