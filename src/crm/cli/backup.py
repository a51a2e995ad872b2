"""`crm backup` and `crm restore`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import asyncpg
import typer

from crm import logs
from crm.cli.databases import database_url
from crm.config import load_settings
from crm.services.events import new_epoch
from crm.store import backup as copies

FileArgument = Annotated[Path, typer.Argument(help="The backup, in pg_dump's custom format.")]


def backup(file: FileArgument) -> None:
    """Write the whole database to a file; it may be in use meanwhile."""
    settings = load_settings()
    logs.configure("console")
    with database_url(settings) as url:
        copies.backup(url, file, embedded=settings.embedded)
    typer.echo(f"{file} is written ({file.stat().st_size:,} bytes).")


def restore(
    file: FileArgument,
    replace: Annotated[bool, typer.Option(help="Lose what the database holds now.")] = False,
) -> None:
    """Fill an empty database from a backup; then run `crm migrate` if the backup is of an older version."""
    settings = load_settings()
    logs.configure("console")
    with database_url(settings) as url:
        copies.restore(url, file, embedded=settings.embedded, replace=replace)
        asyncio.run(_new_epoch(url))
    typer.echo(f"The database is that of {file}.")


async def _new_epoch(url: str) -> None:
    """Cursors that clients hold belong to the life before: told apart, or they would skip what happens from now on.

    A backup of a version that had no stream gets its epoch when it is migrated.
    """
    connection = await asyncpg.connect(url)
    try:
        if await connection.fetchval("SELECT to_regclass('event_stream')"):
            await connection.execute("UPDATE event_stream SET epoch = $1", new_epoch())
    finally:
        await connection.close()
