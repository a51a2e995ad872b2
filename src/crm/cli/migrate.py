"""`crm migrate`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from crm import logs
from crm.cli import beginnings
from crm.cli.databases import database_url
from crm.config import load_settings
from crm.store import migrate as migrations
from crm.store.database import open_database


def migrate(
    to: Annotated[str, typer.Option(metavar="NAME", help="A migration's name or number, head, or zero.")] = migrations.HEAD,
) -> None:
    """Bring the database to this version's schema, or to a named migration, forward or back."""
    settings = load_settings()
    logs.configure("console")
    with database_url(settings) as url:
        done = asyncio.run(_run(url, to))
    typer.echo(f"{done} migrations done." if done else "Nothing to do.")


async def _run(url: str, to: str) -> int:
    from crm.services import search_entries
    from crm.services.system.accounts import system_deed

    steps = await migrations.migrate(url, to, lambda name, back: typer.echo(f"{'undo' if back else 'apply'} {name}"))
    async with open_database(url, max_size=2) as database:
        if not await migrations.pending(database):
            await beginnings.ensure(database)
            async with system_deed(database, "crm migrate") as deed:
                if steps and await search_entries.any_waiting(deed):
                    typer.echo("Some records cannot be found in the search centre yet: run crm search rebuild.")
    return len(steps)
