"""The job queue's tables are those of the version that is installed: an upgrade that needs a migration is noticed here."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest
from procrastinate.schema import SchemaManager

NAMES = "procrastinate%"
CATALOGUE = {
    "columns": "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
    " WHERE table_name LIKE $1",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE proname LIKE $1",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE $1",
    "constraints": "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text LIKE $1",
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger"
    " WHERE tgrelid::regclass::text LIKE $1 AND NOT tgisinternal",
    "values": "SELECT t.typname, e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname LIKE $1",
    "attributes": "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a"
    " JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'c' AND c.relname LIKE $1",
}


async def catalogue(url: str) -> dict[str, list[Any]]:
    connection = await asyncpg.connect(url)
    try:
        return {what: sorted(map(tuple, await connection.fetch(sql, NAMES))) for what, sql in CATALOGUE.items()}
    finally:
        await connection.close()


@pytest.fixture
async def installed(databases):
    async with databases.temporary(None) as url:
        connection = await asyncpg.connect(url)
        await connection.execute(SchemaManager.get_schema())
        await connection.close()
        yield await catalogue(url)


async def test_the_migrated_tables_are_those_of_the_installed_version(database, installed):
    migrated = await catalogue(database.url)
    assert all(installed.values())
    for what, rows in installed.items():
        assert migrated[what] == rows, f"{what}: the installed procrastinate needs another schema; write a migration"
