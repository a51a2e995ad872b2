"""The ledger of merges, by night: what can be undone no longer is forgotten, and what slipped past a merge follows after all."""

from __future__ import annotations

from datetime import timedelta

from crm.models import Contact, Party
from crm.services.customers.merge_moves import FOLLOW
from crm.services.customers.merge_places import places_of
from crm.services.jobs import Nothing, Task
from crm.services.record_sets import Only, repoint
from crm.services.system.housekeeping import AGAIN, DAY, emptied
from crm.services.system.job_runs import JobRun

MOST_STRAYS = 100

_ENTRIES = """
DELETE FROM merge WHERE id IN (SELECT id FROM merge WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING id
"""


async def purge(run: JobRun, _: Nothing) -> None:
    """Forget the merges of more than thirty days ago, with all that they moved."""
    await emptied(run, _ENTRIES, timedelta())


async def gather_strays(run: JobRun, _: Nothing) -> None:
    """Rows that name a merged record name the survivor.

    A merge takes along all that names the record, and whoever refers to it meanwhile waits for it. Only what was written without
    asking whether the record is there, by a switchboard at the very same instant, can be missing.
    """
    for model in (Party, Contact):
        table = model._meta.db_table
        for place in places_of(model):
            async with run.deed() as deed:
                rows = await deed.rows(
                    f"SELECT DISTINCT m.id, m.merged_into_id FROM {table} m JOIN {place.table} x ON x.{place.column} = m.id"
                    " WHERE m.merged_into_id IS NOT NULL ORDER BY m.id LIMIT $1",
                    MOST_STRAYS,
                )  # fmt: skip
                for row in rows:
                    apart = Only("x.id <> {0}", (row["merged_into_id"],)) if place.model is model else Only("TRUE")
                    await repoint(
                        deed,
                        place.model,
                        place.column,
                        row["id"],
                        row["merged_into_id"],
                        verb=FOLLOW,
                        only=apart,
                        quiet=place.quiet,
                    )


PURGE_MERGES = Task("merges.purge", purge, Nothing, retries=AGAIN, every=DAY, offset=timedelta(hours=19, minutes=50))
GATHER_STRAYS = Task(
    "merges.gather_strays", gather_strays, Nothing, retries=AGAIN, every=DAY, offset=timedelta(hours=20, minutes=10)
)
