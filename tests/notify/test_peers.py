"""Addresses of peers: which ones are of the public internet, which ones are none, and that nothing is sent to either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from crm.notify.gateways.peers import is_public
from crm.notify.gateways.posting import NotSent, Poster
from crm.notify.gateways.sms.driver import CannotSend, Way
from crm.notify.gateways.sms.drivers import make


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
