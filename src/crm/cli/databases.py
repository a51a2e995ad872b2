"""The database a command works on, opened for as long as it runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from crm import logs
from crm.cli import beginnings
from crm.cli.progress import ProgressBar
from crm.config import Settings, load_settings
from crm.store import migrate
from crm.store.database import Database, open_database
from crm.store.embedded import EmbeddedServer
from crm.store.errors import StoreError
from crm.store.folder import DataFolder, InUse

BORROW_SECONDS = 20

Result = TypeVar("Result")


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """The configured server; else the embedded one: that of a running `crm serve` or `crm demo`, or our own for this command."""
    if settings.database_url:
        yield settings.database_url
        return
    server = EmbeddedServer(settings.data_dir)
    try:
        server.start()
    except InUse as busy:
        yield _borrow(settings.data_dir, busy)
        return
    try:
        yield server.url
    finally:
        server.stop()


def on_database(work: Callable[[Database], Awaitable[Result]], *, long: bool = False) -> Result:
    """Run a short piece of work on the migrated database; `long` lifts the limit on a statement's time."""
    settings = load_settings()
    logs.configure("console")

    async def run(url: str) -> Result:
        async with open_database(url, max_size=settings.database_pool, statement_seconds=0 if long else 30) as database:
            return await work(database)

    with database_url(settings) as url:
        asyncio.run(prepare(url, may_migrate=settings.embedded))
        return asyncio.run(run(url))


async def prepare(url: str, *, may_migrate: bool) -> None:
    """See that the schema is the one this version expects, and that what the product itself needs is in it.

    The embedded database is ours to migrate. Another one is migrated when its owner says so, with `crm migrate`.
    """
    async with open_database(url, max_size=2, statement_seconds=0) as database:
        state = await migrate.state(database)
        if state.unknown:
            raise StoreError(
                f"The database is newer than this version of crm (it has {state.unknown[-1]}): install the newer one."
            )
        if state.pending and not may_migrate:
            raise StoreError(f"The database waits for migration {state.pending[0]}: run crm migrate.")
        if state.pending:
            await migrate.migrate(url)
        await beginnings.ensure(database)
        if state.pending and state.applied:
            from crm.cli.search import rebuild_entries

            with ProgressBar("Making search entries") as progress:
                await rebuild_entries(database, progress)


def _borrow(folder: Path, busy: InUse) -> str:
    """The address of the server another process runs on this folder; it may be starting just now."""
    end = time.monotonic() + BORROW_SECONDS
    while time.monotonic() < end:
        url = DataFolder(folder).read_note().get("url")
        if url:
            return url
        time.sleep(0.1)
    raise busy
