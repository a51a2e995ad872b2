"""A database for pushing: the kept one holds only what every organisation begins with, and each run gets copies of it.

Copies have names of their own in each run: a server that a killed run has left behind would come back to its name and take the
lead over the relay there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from bench.servers import ours
from bench.world import DATA, OPTIONS
from crm.store.embedded import EmbeddedServer

FOLDER = DATA / "push"


class Cluster:
    """A running server of databases; `postmaster` is the process that all its backends descend from."""

    def __init__(self, url: str, postmaster: int) -> None:
        self.url, self.postmaster = url, postmaster

    def copy(self, name: str) -> str:
        """The address of a fresh copy under this name."""
        name = f"{name}_{os.getpid()}"
        asyncio.run(copy(self.url, name))
        return at(self.url, name)


@contextmanager
def cluster(folder: Path = FOLDER) -> Iterator[Cluster]:
    """Started, and migrated as far as the code is."""
    with EmbeddedServer(folder, OPTIONS) as server:
        postmaster = server.home.running_server()
        assert postmaster is not None
        asyncio.run(tidy(server.url))
        ours.command(server.url, folder, "migrate")
        yield Cluster(server.url, postmaster)


async def tidy(url: str) -> None:
    """Drop the copies of earlier runs."""
    admin = await asyncpg.connect(at(url, "postgres"), timeout=30)
    try:
        for row in await admin.fetch("SELECT datname FROM pg_database WHERE datname LIKE 'push\\_%'"):
            await admin.execute(f"DROP DATABASE {row['datname']} WITH (FORCE)")
    finally:
        await admin.close()


async def copy(url: str, name: str) -> None:
    admin = await asyncpg.connect(at(url, "postgres"), timeout=30)
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {urlsplit(url).path[1:]} STRATEGY file_copy", timeout=300)
    finally:
        await admin.close()


def at(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
