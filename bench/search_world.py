"""The database that searches are measured on: companies with three contacts each, their numbers and addresses, and nothing else.

A million parties with all that `crm seed` gives them would be 25 GB, most of it nothing that these searches look at. What is
there is made by the same code.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.servers import ours
from bench.world import DATA, OPTIONS, World
from crm.cli.progress import ProgressBar
from crm.cli.seed_data import LINE, NOW, SOURCE
from crm.cli.seeding import workshop
from crm.cli.seeding.binary_copy import read_types, write_packed
from crm.cli.seeding.company import Company, make_company
from crm.cli.seeding.indexes import without_indexes
from crm.cli.seeding.parties import HISTORY, NARROW_EVERY
from crm.cli.synthetic.batch import Batch, Writer, refresh_statistics
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.organisation import administrator_role, finish
from crm.cli.synthetic.parties import Order, add_party
from crm.cli.synthetic.scene import Scene, Telephone, read_options, read_pipeline
from crm.cli.synthetic.search_entries import add_entries
from crm.rules.customers.lifecycle import PartyType
from crm.services.deeds import Deed
from crm.services.system.accounts import system_deed
from crm.services.system.hierarchies import lock
from crm.store.database import open_database
from crm.store.embedded import EmbeddedServer

PARTIES = int(os.environ.get("BENCH_PARTIES") or 1_000_000)
CONTACTS, PER_CHUNK = 3, 2_000
TABLES = ("party", "contact", "phone_number", "email_address", "address", "search_entry")


@dataclass(frozen=True, slots=True)
class Directory:
    """What is made, chunk by chunk, in processes beside the one that writes."""

    parties: int
    company: Company
    scene: Scene

    def chunks(self) -> range:
        """The numbers of all chunks."""
        return range(-(-self.parties // PER_CHUNK))

    def make(self, number: int) -> Batch:
        """One chunk."""
        batch, dice = Batch(), Dice(f"search {number}")
        for index in range(number * PER_CHUNK, min(self.parties, (number + 1) * PER_CHUNK)):
            owner = self.company.narrow if index % NARROW_EVERY == 0 else dice.pick(self.company.agents)
            created = NOW - HISTORY + HISTORY * (index / self.parties)
            add_party(batch, dice, self.scene, Order(PartyType.CUSTOMER, owner, created, CONTACTS, 0))
        add_entries(batch, batch)
        return batch


@contextmanager
def directory(parties: int = PARTIES, data: Path = DATA) -> Iterator[World]:
    """The database with so many parties, made now if it is not there yet."""
    folder = data / f"search-{parties}"
    with EmbeddedServer(folder, OPTIONS) as server:
        postmaster = server.home.running_server()
        assert postmaster is not None
        ours.command(server.url, folder, "migrate")
        if not asyncio.run(_count(server.url)):
            print(f"Making {parties:,} parties in {folder}: once, then they are kept.", flush=True)
            asyncio.run(_fill(server.url, parties))
        if (there := asyncio.run(_count(server.url))) != parties:
            raise RuntimeError(f"{folder} holds {there:,} parties instead of {parties:,}: remove it, it is made anew.")
        yield World(server.url, folder, parties, postmaster)


async def _count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM party"))
    finally:
        await connection.close()


async def _fill(url: str, parties: int) -> None:
    async with open_database(url, max_size=3, statement_seconds=0) as database:
        with ProgressBar(f"Making {parties} parties") as progress:
            async with system_deed(database, "bench") as deed:
                await deed.run("SET LOCAL synchronous_commit = off")
                await _write(deed, parties, progress)
        await refresh_statistics(database, vacuum=True)


async def _write(deed: Deed, parties: int, progress: ProgressBar) -> None:
    await lock(deed)
    organisation, company = make_company(1, NOW - HISTORY, await administrator_role(deed), parties)
    scene = Scene(NOW, await read_options(deed), await read_pipeline(deed), [company.director], Telephone(SOURCE, LINE))
    writer = Writer(deed, progress, parties)
    await writer.write(organisation.batch)
    await finish(deed, organisation)
    plan = Directory(parties, company, scene)
    chunks = workshop.made_beside(plan, await read_types(deed))
    async with without_indexes(deed, TABLES, progress), aclosing(chunks):
        async for chunk in chunks:
            await write_packed(deed, writer, chunk)
