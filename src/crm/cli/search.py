"""`crm search`: the entries that the search centre finds records by."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from crm.cli.databases import on_database
from crm.cli.progress import ProgressBar

if TYPE_CHECKING:
    from crm.store.database import Database

app = typer.Typer(help="The search centre.", no_args_is_help=True)

Progress = Callable[[str, int, int], None]
BATCH = 500
FIRST = UUID(int=0)


@app.callback()
def _search() -> None:
    """The commands below it; typer takes a single one for the whole program otherwise."""


@app.command()
def rebuild(
    everything: Annotated[bool, typer.Option(help="Also what is there and was made by this version.")] = False,
) -> None:
    """Make the entries that are missing, or that an older version made.

    May run beside a server, and be stopped and begun again.
    """

    async def fill(database: Database) -> int:
        with ProgressBar("Making search entries") as progress:
            return await rebuild_entries(database, progress, everything=everything)

    made = on_database(fill, long=True)
    typer.echo(f"{made:,} entries made." if made else "Nothing to do.")


async def rebuild_entries(database: Database, progress: Progress, *, everything: bool = False, batch: int = BATCH) -> int:
    """Every kind in turn, batch by batch, each a transaction; how many records were looked at."""
    from crm.access.searched import searched_kinds
    from crm.services.search_entries import drop_orphans, fill_some, waiting
    from crm.services.system.accounts import system_deed

    looked_at = 0
    for searched in searched_kinds():
        async with system_deed(database, "crm search rebuild") as deed:
            await drop_orphans(deed, searched)
            total = await waiting(deed, searched, everything=everything)
        done, after = 0, FIRST
        while True:
            async with system_deed(database, "crm search rebuild") as deed:
                some = await fill_some(deed, searched, after, batch, everything=everything)
            if some is None:
                break
            after = some.last
            done += some.made
            progress(searched.rule.table, done, max(done, total))
        looked_at += done
    return looked_at
