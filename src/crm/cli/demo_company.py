"""What `crm demo` prepares and prints."""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr
from rich.console import Console

from crm.cli.databases import prepare
from crm.cli.progress import ProgressBar
from crm.config import Settings, kept_secret, with_secret_key
from crm.store import migrate
from crm.store.database import open_database

PASSWORD = "demo-password"  # noqa: S105 - printed on purpose; `crm serve` refuses it off loopback
HOOK_SOURCE = "demo"
UNFINISHED = "demo-unfinished"
SIGN_IN = 'mutation { signIn(input: {username: \\"admin\\", password: \\"demo-password\\"}) { token userErrors { message } } }'
FIRST_QUERY = "{ customers(first: 5) { totalCount nodes { id name owner { displayName } } } }"


def with_secrets(settings: Settings) -> Settings:
    """The settings with a key and a hook secret of this demo's own, kept in its data folder."""
    secret = SecretStr(kept_secret(settings.data_dir, f"hook-secret-{HOOK_SOURCE}"))
    return with_secret_key(settings).model_copy(update={"hook_secrets": {**settings.hook_secrets, HOOK_SOURCE: secret}})


async def fill(url: str, folder: Path) -> None:
    """Bring the schema up to date and fill it, unless somebody has been here before.

    A filling that was cut short is known by its mark in the data folder; what it left is removed before the next one.
    """
    mark = folder / UNFINISHED
    if mark.exists():
        await migrate.migrate(url, migrate.ZERO)
    await prepare(url, may_migrate=True)
    async with open_database(url, max_size=4, statement_seconds=0) as database:
        if await database.has_rows("user_account"):
            return
        from crm.cli import demo_data

        mark.touch()
        with ProgressBar("Making the demo company") as progress:
            await demo_data.fill(database, progress)
        mark.unlink()


async def begin_day(url: str) -> None:
    """What a start prepares for its first minutes."""
    from crm.cli.demo.today import prepare_today

    async with open_database(url, max_size=2) as database:
        await prepare_today(database)


def welcome(address: str, settings: Settings, calls_per_minute: int) -> None:
    """Where it is, who may enter, and what to ask first."""
    key = settings.secret_key.get_secret_value() if settings.secret_key else ""
    hook = settings.hook_secrets[HOOK_SOURCE].get_secret_value()
    post = f"curl -s {address}/graphql -H 'Content-Type: application/json'"
    out = Console(highlight=False, soft_wrap=True)
    out.print(
        f"\n[bold]The demo company is open on {address}[/bold]   (Ctrl-C stops it, its data stays in {settings.data_dir})\n"
    )
    out.print(f"  The agents' console   {address}/")
    out.print(f"  GraphQL and its IDE   {address}/graphql")
    out.print(f"  Health                {address}/healthz  {address}/readyz  {address}/metrics")
    out.print(f"  Log-ins               admin, manager, agent1 … agent8   password {PASSWORD}")
    out.print(f"  Secret key            {key}", markup=False)
    out.print(f"  Hook secret of demo   {hook}", markup=False)
    ringing = f"{calls_per_minute} a minute, to 4000 and to extensions 1001 … 1008" if calls_per_minute else "none (CALLS=0)"
    out.print(f"  Simulated calls       {ringing}", markup=False)
    out.print("\nA first query to paste into a shell:\n")
    out.print(f'  TOKEN=$({post} \\\n    -d \'{{"query": "{SIGN_IN}"}}\' \\', markup=False)
    out.print('    | sed \'s/.*"token": *"\\([^"]*\\)".*/\\1/\')', markup=False)
    out.print(f'  {post} -H "Authorization: Bearer $TOKEN" \\\n    -d \'{{"query": "{FIRST_QUERY}"}}\'\n', markup=False)
