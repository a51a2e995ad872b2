"""Where a peer is, whatever is spoken with it: its name is resolved once, its addresses are judged before anybody connects."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

MOST_ADDRESSES = 3
"""So many of a name's addresses are tried. They share the time there is for connecting."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""IPv4 behind a translator: what it is depends on the address in its last four bytes."""
_WRAPPED = [ipaddress.ip_network(each) for each in ("::/96", "64:ff9b:1::/48", "2002::/16")]
"""IPv6 that leads to IPv4 of whoever runs the network, or once did: no provider has such an address."""

_LOOKING_UP = ThreadPoolExecutor(8, thread_name_prefix="names")
"""Threads of their own: a name server that says nothing holds one for half a minute, also when nobody waits for it any more, and
in the loop's own threads files are read and letters written."""

Line = TypeVar("Line")


class Forbidden(Exception):
    """The peer is in a private network; the text says so, in one line."""


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, also where an IPv6 address holds one of IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        if found in _TRANSLATED:
            found = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        elif found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in _WRAPPED):
            return False
    return found.is_global and not found.is_multicast


async def addresses_of(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host, the best first. Connect to these: a name that is asked twice may answer differently.

    Without `private` one address of a private network is enough to refuse the name. `OSError` or `ValueError` where there is
    no such name.
    """
    found = await asyncio.get_running_loop().run_in_executor(_LOOKING_UP, _looked_up, host, port)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not private and not all(is_public(each) for each in addresses):
        raise Forbidden(f"{host} is an address of a private network, which CRM_PRIVATE_PEERS does not allow")
    return addresses[:MOST_ADDRESSES]


async def first_of(addresses: Sequence[str], seconds: float, connect: Callable[[str], Awaitable[Line]]) -> Line:
    """A line to the first of these addresses that can be reached. They share the time, so that one that hangs leaves some."""
    *others, last = addresses
    for address in others:
        try:
            async with asyncio.timeout(seconds / len(addresses)):
                return await connect(address)
        except Exception:  # noqa: BLE001, S112 - whatever kept it away, the next one is asked, and the last one tells
            continue
    async with asyncio.timeout(seconds / len(addresses)):
        return await connect(last)


def _looked_up(host: str, port: int) -> list[Any]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


async def dialled(host: str, port: int, seconds: float, *, private: bool) -> socket.socket:
    """A connected socket to a host, by one of the very addresses that were judged; for whoever speaks over a socket of ours."""
    async with asyncio.timeout(seconds):
        addresses = await addresses_of(host, port, private=private)
        return await first_of(addresses, seconds, partial(_socket, port))


async def _socket(port: int, address: str) -> socket.socket:
    line = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    line.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(line, (address, port))
    except BaseException:
        with suppress(OSError):
            line.close()
        raise
    return line
