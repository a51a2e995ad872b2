"""The commands by name. Each file holds one subject; what it needs is imported when it runs, so that `crm --help` is quick."""

from __future__ import annotations

import typer

from crm import __version__
from crm.cli import backup, check, migrate, people, schema, search, seed, serve

app = typer.Typer(
    name="crm",
    help="A complete small-business CRM backend: one GraphQL graph, with live push.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

app.command()(serve.serve)
app.command()(serve.worker)
app.command()(serve.demo)
app.command()(migrate.migrate)
app.command()(seed.seed)
app.command()(check.check)
app.command()(backup.backup)
app.command()(backup.restore)
app.add_typer(schema.app, name="schema")
app.add_typer(search.app, name="search")
app.add_typer(people.users, name="user")
app.add_typer(people.sessions, name="session")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    _version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True, help="Print the version."),
) -> None:
    """The options before a command."""
