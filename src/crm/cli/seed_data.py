"""`crm seed`: synthetic customers with all that belongs to them, in any number, the same for the same seed.

Ids and instants follow from the seed alone, never from the clock, so two databases seeded alike hold the same records. Only what
a database gave ids to by itself (the options of its dictionaries) differs between them. All of it is one transaction: a seeding
that is cut short leaves nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

from crm.cli.progress import ProgressBar
from crm.cli.seeding import workshop
from crm.cli.seeding.binary_copy import read_types, write_packed
from crm.cli.seeding.company import MANAGER, make_company
from crm.cli.seeding.indexes import without_indexes
from crm.cli.seeding.parties import HISTORY, TABLES, Plan, case_papers, contract_papers, delivery_papers, project_papers
from crm.cli.synthetic import processes
from crm.cli.synthetic.batch import Writer, refresh_statistics
from crm.cli.synthetic.call_lists import add_call_backs
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.organisation import administrator_role, finish, refuse_again
from crm.cli.synthetic.papers import reserve
from crm.cli.synthetic.scene import Scene, Telephone, read_options, read_pipeline
from crm.services.deeds import Deed
from crm.services.system.accounts import system_deed
from crm.services.system.hierarchies import lock
from crm.store.database import Database

NOW = datetime(2026, 1, 1, 4, tzinfo=UTC)
"""The instant all seeded records are told from: history lies before it, plans after it."""

LATELY = timedelta(days=30)
"""The call-back list begins here."""

MANY = 10_000
"""From this many customers on, making the indexes anew is quicker than keeping them, and a second process is worth its start."""

SOURCE, LINE = "seed", "4000"
"""What seeded calls are said to have come through."""


async def fill(database: Database, customers: int, seed: int, progress: ProgressBar) -> None:
    """Write the company and its customers. `crm.cli.seeding.company` names the users that scripts may rely on."""
    with _no_search_for_circles():
        async with system_deed(database, "crm seed") as opened:
            await opened.run("SET LOCAL synchronous_commit = off")
            await _fill(opened, customers, seed, progress)
    await refresh_statistics(database, vacuum=True)


async def _fill(deed: Deed, customers: int, seed: int, progress: ProgressBar) -> None:
    await lock(deed)
    await refuse_again(deed, MANAGER, "seeded records")
    organisation, company = make_company(seed, NOW - HISTORY, await administrator_role(deed), customers)
    scene = Scene(NOW, await read_options(deed), await read_pipeline(deed), [company.director], Telephone(SOURCE, LINE))
    contracts = await reserve(deed, contract_papers(customers, NOW))
    deliveries = await reserve(deed, delivery_papers(customers, NOW))
    projects = await reserve(deed, project_papers(customers, NOW))
    cases = await reserve(deed, case_papers(customers, NOW))
    rivals = processes.add_competitors(organisation.batch, Dice(f"{seed} rivals"), NOW - HISTORY, None)
    plan = Plan(seed, customers, company, scene, contracts, deliveries, projects, cases, rivals)
    writer = Writer(deed, progress, plan.parties())
    await writer.write(organisation.batch)
    await finish(deed, organisation)
    many, types = customers >= MANY, await read_types(deed)
    chunks = workshop.made_beside(plan, types) if many else workshop.made_here(plan, types)
    async with without_indexes(deed, TABLES, progress) if many else nullcontext(), aclosing(chunks):
        done = 0
        async for chunk in chunks:
            progress(
                "chunks", done := done + 1, len(plan.chunks())
            )  # takes the time we waited, so that the others tell of writing
            await write_packed(deed, writer, chunk)
    await add_call_backs(deed, NOW - LATELY)


@contextmanager
def _no_search_for_circles() -> Iterator[None]:
    """Rows hold no circles; looking for some among millions took a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
