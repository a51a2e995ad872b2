"""Addresses of peers: which ones are of the public internet, and what is done with the rest of a name's."""

from __future__ import annotations

import pytest

from crm.notify.gateways.peers import is_public


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
