"""`crm seed`: synthetic customers with all that belongs to them, in any number, the same for the same seed.

Ids and instants follow from the seed alone, never from the clock, so two databases seeded alike hold the same records. Only what
a database gave ids to by itself (the options of its dictionaries) differs between them. All of it is one transaction: a seeding
that is cut short leaves nothing.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime

from crm.cli.progress import ProgressBar
from crm.cli.seeding.company import MANAGER, make_company
from crm.cli.seeding.indexes import without_indexes
from crm.cli.seeding.parties import HISTORY, TABLES, Plan
from crm.cli.synthetic.batch import Batch, Writer, refresh_statistics
from crm.cli.synthetic.organisation import administrator_role, finish, refuse_again
from crm.cli.synthetic.scene import Scene, read_options
from crm.services.deeds import Deed
from crm.services.system.accounts import system_deed
from crm.services.system.hierarchies import lock
from crm.store.database import Database

NOW = datetime(2026, 1, 1, 4, tzinfo=UTC)
"""The instant all seeded records are told from: history lies before it, plans after it."""

MANY = 10_000
"""From this many customers on, making the indexes anew is quicker than keeping them."""


async def fill(database: Database, customers: int, seed: int, progress: ProgressBar) -> None:
    """Write the company and its customers. `crm.cli.seeding.company` names the users that scripts may rely on."""
    with _no_search_for_circles():
        async with system_deed(database, "crm seed") as opened:
            await _fill(opened, customers, seed, progress)
    await refresh_statistics(database, vacuum=True)


async def _fill(deed: Deed, customers: int, seed: int, progress: ProgressBar) -> None:
    await lock(deed)
    await refuse_again(deed, MANAGER, "seeded records")
    company = make_company(seed, NOW - HISTORY, await administrator_role(deed), customers)
    plan = Plan(seed, customers, company, Scene(NOW, await read_options(deed)))
    writer = Writer(deed, progress, plan.parties())
    await writer.write(company.organisation.batch)
    await finish(deed, company.organisation)
    async with without_indexes(deed, TABLES, progress) if customers >= MANY else nullcontext():
        async for batch in _chunks(plan):
            await writer.write(batch)


async def _chunks(plan: Plan) -> AsyncIterator[Batch]:
    """One chunk is made in a thread while the database digests the one before; never more than two are in memory."""
    following: asyncio.Task[Batch] | None = None
    for number in plan.chunks():
        ready, following = following, asyncio.create_task(asyncio.to_thread(plan.make, number))
        if ready is not None:
            yield await ready
    if following is not None:
        yield await following


@contextmanager
def _no_search_for_circles() -> Iterator[None]:
    """Rows hold no circles; looking for some among millions took a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
