"""A database for pushing: the kept one holds only what every organisation begins with, and each run gets copies of it."""

from __future__ import annotations

import asyncio
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
        asyncio.run(copy(self.url, name))
        return at(self.url, name)


@contextmanager
def cluster(folder: Path = FOLDER) -> Iterator[Cluster]:
    """Started, and migrated as far as the code is."""
    with EmbeddedServer(folder, OPTIONS) as server:
        postmaster = server.home.running_server()
        assert postmaster is not None
        ours.command(server.url, folder, "migrate")
        yield Cluster(server.url, postmaster)


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
