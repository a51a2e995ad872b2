"""Copies of the whole database, with PostgreSQL's own programs: `pg_dump` in its custom format, `pg_restore` and `psql`."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

from crm.store.binaries import clean_environment, find_client, find_server
from crm.store.database import reason, where
from crm.store.errors import StoreError

AS_OURS = ("--no-owner", "--no-acl")


def backup(url: str, target: Path, *, embedded: bool) -> None:
    """Write the database to `target`, which appears only when it is whole and only its owner can read."""
    program = client("pg_dump", url, embedded=embedded)
    part = target.with_name(target.name + ".part")
    try:
        part.touch(mode=0o600)
    except OSError as error:
        raise StoreError(f"{target} cannot be written ({error.strerror}): name a file in a folder of yours.") from error
    try:
        _run([program, "--format=custom", *AS_OURS, "--file", str(part)], url)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def restore(url: str, source: Path, *, embedded: bool, replace: bool = False) -> None:
    """Fill an empty database from `source`; with `replace`, what it holds is lost. All of it happens, or nothing."""
    if not source.is_file() or not os.access(source, os.R_OK):
        raise StoreError(f"{source} is not a file that can be read: name one that `crm backup` wrote.")
    if not replace and not _is_empty(url):
        raise StoreError("The database is not empty: restore into a new one, or add --replace to lose what it holds.")
    program = client("pg_restore", url, embedded=embedded)
    if not replace:
        _run([program, *AS_OURS, "--exit-on-error", "--single-transaction", "--dbname", _without_password(url), str(source)], url)
        return
    # `pg_restore --clean` would leave tables that the backup does not know; a script lets one transaction drop everything first.
    with tempfile.TemporaryDirectory(prefix="crm-", dir=source.absolute().parent) as folder:
        script = Path(folder) / "restore.sql"
        _run([program, *AS_OURS, "--file", str(script), str(source)], url)
        empty = "DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
        options = ["--quiet", "--no-psqlrc", "--single-transaction", "--set", "ON_ERROR_STOP=1"]
        _run([client("psql", url, embedded=embedded), *options, "-c", empty, "-f", str(script), _without_password(url)], url)


def client(name: str, url: str, *, embedded: bool) -> str:
    """The program for this server: the embedded server's own lies beside it."""
    beside = find_server().folder / name if embedded else None
    if beside and beside.is_file():
        return str(beside)
    return find_client(name, asyncio.run(_ask(url, "SELECT current_setting('server_version_num')::int / 10000")))


def _is_empty(url: str) -> bool:
    return not asyncio.run(_ask(url, "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'public')"))


async def _ask(url: str, sql: str) -> Any:
    try:
        connection = await asyncpg.connect(url)
    except (OSError, asyncpg.PostgresError) as error:
        raise StoreError(f"The database at {where(url)} does not answer ({reason(error)}): check CRM_DATABASE_URL.") from error
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, _, address = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{address}" if user else address
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, parts.fragment))


def _run(command: list[str], url: str) -> None:
    """The password goes through the environment: a command line can be read by everybody on the machine."""
    name = Path(command[0]).name
    words = [*command, "--dbname", _without_password(url)] if name == "pg_dump" else command
    password = unquote(urlsplit(url).password or "")
    environment = clean_environment() | ({"PGPASSWORD": password} if password else {})
    answer = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, check=False)
    if answer.returncode:
        lines = answer.stderr.strip().splitlines() or [f"{name} gave no reason"]
        raise StoreError(f"{lines[0].removeprefix(name + ': ').removeprefix('error: ')} ({name}): nothing was changed.")
