"""`crm backup` and `crm restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm import logs
from crm.cli.databases import database_url
from crm.config import load_settings
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
    typer.echo(f"The database is that of {file}.")
