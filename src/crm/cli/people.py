"""`crm user` and `crm session`: accounts and tokens from the command line."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from crm.cli.databases import on_database

users = typer.Typer(help="Accounts.", no_args_is_help=True)
sessions = typer.Typer(help="Tokens for scripts and load tests.", no_args_is_help=True)

Username = Annotated[str, typer.Option(help="The log-in name.")]
Password = Annotated[str, typer.Option(prompt=True, confirmation_prompt=True, hide_input=True, help="Asked for when left out.")]


@users.command()
def create(
    username: Username,
    password: Password,
    role: Annotated[str, typer.Option(help="The name of a role.")],
    department: Annotated[str | None, typer.Option(help="The name of a department.")] = None,
) -> None:
    """Make an account."""
    from crm.services.system import accounts

    on_database(lambda database: accounts.create_user(database, username, password, role, department))
    typer.echo(f"{username} can sign in.")


@users.command()
def passwd(username: Username, password: Password) -> None:
    """Change a password; the account's sessions end."""
    from crm.services.system import accounts

    on_database(lambda database: accounts.change_password(database, username, password))
    typer.echo(f"{username} has a new password.")


@sessions.command("create")
def create_session(
    username: Username,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many tokens.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list instead of lines.")] = False,
) -> None:
    """Sign an account in without its password and print the tokens."""
    from crm.services.system import accounts

    tokens = on_database(lambda database: accounts.create_sessions(database, username, count))
    typer.echo(json.dumps(tokens) if as_json else "\n".join(tokens))
