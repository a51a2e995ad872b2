"""The database that is measured: seeded once, kept in a folder of its own, and used again.

`BENCH_DATA` names the folder, by default `bench/.data`; each size has a folder in it. `BENCH_CUSTOMERS` is how many customers.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.servers import ours
from crm.cli.seeding.company import ADMIN, MANAGER, NARROW
from crm.store.embedded import EmbeddedServer

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS") or 200_000)
DATA = Path(os.environ.get("BENCH_DATA") or Path(__file__).parent / ".data").resolve()
POOL = 10
"""Connections of each server: what ours has unless told otherwise."""

OPTIONS = {"shared_buffers": "1GB", "effective_cache_size": "4GB", "random_page_cost": "1.1", "autovacuum": "off"}
"""All in memory, and nobody tidying up while we measure."""

READ = ("party", "contact", "activity", "opportunity", "contract", "delivery", "user_account")


@dataclass(frozen=True)
class World:
    """A running database with seeded customers. `postmaster` is the process that all its backends descend from."""

    url: str
    folder: Path
    customers: int
    postmaster: int

    def token(self, username: str) -> str:
        return ours.token(self.url, self.folder, username)

    @property
    def said(self) -> str:
        """For the set-up of a figure."""
        return f"{self.customers:,} seeded customers, embedded PostgreSQL, all in memory"


@contextmanager
def opened(customers: int = CUSTOMERS, data: Path = DATA) -> Iterator[World]:
    """The database with so many customers, seeded now if it is not there yet."""
    folder = data / str(customers)
    with EmbeddedServer(folder, OPTIONS) as server:
        postmaster = server.home.running_server()
        assert postmaster is not None
        ours.command(server.url, folder, "migrate")
        there = asyncio.run(_count(server.url))
        if not there:
            print(f"Seeding {customers:,} customers into {folder}: once, then they are kept.", flush=True)
            ours.command(server.url, folder, "seed", "--customers", str(customers))
            there = asyncio.run(_count(server.url))
        if there != customers:
            raise RuntimeError(f"{folder} holds {there:,} customers instead of {customers:,}: remove it, it is seeded anew.")
        asyncio.run(_check(server.url))
        yield World(server.url, folder, customers, postmaster)


async def _count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM party WHERE type = 'CUSTOMER'"))
    finally:
        await connection.close()


async def _check(url: str) -> None:
    """What the comparison stands on: a peer that knows no recycle bin must find none, and the viewers must be there."""
    connection = await asyncpg.connect(url)
    try:
        for table in READ:
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE deleted_at IS NOT NULL)"):
                raise RuntimeError(f"{table} has deleted rows, which only our side leaves out")
        names = await connection.fetch("SELECT username FROM user_account WHERE username = ANY($1)", [ADMIN, MANAGER, NARROW])
        if len(names) != 3:
            raise RuntimeError("the seeded users are not there")
    finally:
        await connection.close()
