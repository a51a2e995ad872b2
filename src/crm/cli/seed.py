"""`crm seed`: synthetic records in bulk, the same for the same seed."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from crm.cli.databases import on_database
from crm.cli.progress import ProgressBar
from crm.store.database import Database


def seed(
    customers: Annotated[int, typer.Option(min=1, help="How many customers; the rest follows from it.")],
    seed: Annotated[int, typer.Option(help="The same number gives the same records.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Fill the database with synthetic customers and all that belongs to them."""

    async def fill(database: Database) -> dict[str, dict[str, float]]:
        from crm.cli import seed_data

        with ProgressBar(f"Seeding {customers} customers") as progress:
            await seed_data.fill(database, customers, seed, progress)
        return progress.rates()

    rates = on_database(fill, long=True)
    if as_json:
        typer.echo(json.dumps(rates))
        return
    for kind, rate in rates.items():
        typer.echo(f"{kind:<20} {rate['count']:>10,.0f} {rate['per_second']:>10,.0f}/s")
