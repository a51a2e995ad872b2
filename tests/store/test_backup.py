"""A copy is whole or not there; a restore is whole or changes nothing."""

from __future__ import annotations

import asyncio
import shutil

import asyncpg
import pytest
from tests.servers import Databases

from crm.store import backup, binaries
from crm.store.errors import StoreError


async def run(url: str, *statements: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements[:-1]:
            await connection.execute(statement)
        return await connection.fetchval(statements[-1])
    finally:
        await connection.close()


@pytest.fixture
async def copied(databases: Databases, tmp_path):
    """A migrated database with a mark in it, and its copy."""
    async with databases.temporary() as url:
        await run(url, "CREATE TABLE mark AS SELECT 'kept 保留' AS text", "SELECT 1")
        file = tmp_path / "a copy.crm"
        await asyncio.to_thread(backup.backup, url, file, embedded=True)
        yield url, file


async def test_a_backup_fills_an_empty_database(databases: Databases, copied):
    _, file = copied
    assert file.stat().st_mode & 0o777 == 0o600
    assert not list(file.parent.glob("*.part"))
    async with databases.temporary(template=None) as url:
        await asyncio.to_thread(backup.restore, url, file, embedded=True)
        assert await run(url, "SELECT text FROM mark") == "kept 保留"
        assert await run(url, "SELECT count(*) > 0 FROM tortoise_migrations")


async def test_a_database_in_use_is_not_overwritten_by_accident(copied):
    url, file = copied
    await run(url, "UPDATE mark SET text = 'newer'", "SELECT 1")
    with pytest.raises(StoreError, match="not empty: .*--replace"):
        await asyncio.to_thread(backup.restore, url, file, embedded=True)
    assert await run(url, "SELECT text FROM mark") == "newer"


async def test_replace_loses_everything_else(copied):
    url, file = copied
    await run(url, "UPDATE mark SET text = 'newer'", "CREATE TABLE later (n int)", "SELECT 1")
    await asyncio.to_thread(backup.restore, url, file, embedded=True, replace=True)
    assert await run(url, "SELECT text FROM mark") == "kept 保留"
    assert await run(url, "SELECT to_regclass('later')") is None


async def test_a_damaged_file_changes_nothing(copied):
    url, file = copied
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(StoreError, match="nothing was changed"):
        await asyncio.to_thread(backup.restore, url, file, embedded=True, replace=True)
    assert await run(url, "SELECT text FROM mark") == "kept 保留"


async def test_a_file_that_is_no_backup_is_refused(databases: Databases, tmp_path):
    (tmp_path / "text").write_text("hello")
    async with databases.temporary(template=None) as url:
        with pytest.raises(StoreError, match=r"pg_restore\): nothing was changed"):
            await asyncio.to_thread(backup.restore, url, tmp_path / "text", embedded=True)
        with pytest.raises(StoreError, match="not a file that can be read"):
            await asyncio.to_thread(backup.restore, url, tmp_path / "missing", embedded=True)


async def test_a_backup_that_fails_leaves_no_file(databases: Databases, tmp_path):
    async with databases.temporary() as url:
        pass
    with pytest.raises(StoreError, match="does not exist"):
        backup.backup(url, tmp_path / "copy", embedded=True)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="cannot be written"):
        backup.backup(url, tmp_path / "no" / "copy", embedded=True)


def test_missing_programs_are_said_in_one_line(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(binaries, "machine_folders", lambda: iter(()))
    monkeypatch.setattr(binaries, "wheel_folders", lambda: iter(()))
    with pytest.raises(StoreError, match="pg_dump 15 or newer is not on this machine: install"):
        binaries.find_client("pg_dump", 15)


async def test_a_server_elsewhere_gets_programs_that_are_new_enough(databases: Databases, tmp_path):
    async with databases.temporary() as url:
        await asyncio.to_thread(backup.backup, url, tmp_path / "copy", embedded=False)
    assert (tmp_path / "copy").stat().st_size > 1000


def test_a_password_stays_off_the_command_line():
    assert backup._without_password("postgresql://u:p@h/d") == "postgresql://u@h/d"
    assert backup._without_password("postgresql:///d?host=/s") == "postgresql:///d?host=/s"
