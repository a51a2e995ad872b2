"""`crm schema`: the printed schema, and whether the committed one is it."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="The GraphQL schema as text.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="The file to write or compare.")]
COMMITTED = Path("schema.graphql")
SHOWN_LINES = 20


@app.command()
def export(file: FileArgument = COMMITTED) -> None:
    """Write the schema."""
    from crm.resolvers.root import schema_text

    file.write_text(schema_text(), encoding="utf-8")
    typer.echo(f"{file} is written.")


@app.command()
def check(file: FileArgument = COMMITTED) -> None:
    """Fail when the file is not what the code says."""
    from crm.resolvers.root import schema_text

    committed = file.read_text(encoding="utf-8") if file.is_file() else ""
    difference = list(
        difflib.unified_diff(committed.splitlines(), schema_text().splitlines(), str(file), "the code", lineterm="")
    )
    if difference:
        typer.echo("\n".join(difference[:SHOWN_LINES]), err=True)
        typer.echo(f"crm: {file} is not what the code says: run make schema and look at the difference.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{file} is what the code says.")
