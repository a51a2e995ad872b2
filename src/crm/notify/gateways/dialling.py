"""Hosts that people typed in: looked up once, judged, and connected to by the very address that was judged.

A name that is asked twice may answer differently the second time, so whoever judges a name and then connects to it by name has
judged nothing.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from crm.rules.messaging.mail_hosts import is_public


class PrivateHost(Exception):
    """All addresses of the host belong to a private network; the text says so, for people."""


async def open_addresses(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of a host that may be spoken to. OSError where there are none, `PrivateHost` where none may be."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    allowed = addresses if private else [each for each in addresses if is_public(each)]
    if not allowed:
        raise PrivateHost(f"{host} is an address of a private network, which CRM_PRIVATE_PEERS does not allow")
    return allowed


async def dialled(host: str, port: int, *, private: bool) -> socket.socket:
    """A connected socket to the first of them that answers."""
    failed: OSError | None = None
    for address in await open_addresses(host, port, private=private):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        line = socket.socket(family, socket.SOCK_STREAM)
        line.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(line, (address, port))
        except OSError as error:
            line.close()
            failed = error
        except BaseException:
            with suppress(OSError):
                line.close()
            raise
        else:
            return line
    assert failed is not None
    raise failed
