"""The database that tests lend each other: whoever gets it next finds what the template has, and nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
from tests.kept import CATALOG, Shelf
from tests.servers import Databases


@pytest.fixture
async def shelf(databases: Databases) -> AsyncIterator[Shelf]:
    """One of the test's own, beside the one that tests share."""
    found = Shelf(databases)
    yield found
    await found.close()


async def used(shelf: Shelf, *statements: str) -> tuple[str, list[int]]:
    """Have a test do this, and tell whose database it was and what is in it afterwards."""
    kept = await shelf.take()
    database = kept.lend()
    try:
        async with database.connection() as connection:
            for statement in statements:
                await connection.execute(statement)
    finally:
        await shelf.put_back(kept)
    again = await shelf.take()
    connection = await asyncpg.connect(again.url)
    counts = [
        await connection.fetchval(query)
        for query in (
            "SELECT count(*) FROM dictionary_item", "SELECT sum(hashtext(label_zh)::bigint) FROM dictionary_item",
            "SELECT count(*) FROM tag", "SELECT epoch FROM rights_epoch", "SELECT count(*) FROM event",
            "SELECT last_value FROM event_id_seq", "SELECT count(*) FROM pg_class WHERE relname = 'left_behind'",
        )
    ]  # fmt: skip
    await connection.close()
    await shelf.put_back(again)
    return again.url, counts


EVENT = "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at) VALUES ('x', gen_random_uuid(), 1, '{}', now())"


async def test_what_a_test_wrote_changed_and_deleted_is_undone_in_the_same_database(shelf: Shelf):
    url, plain = await used(shelf)
    tag = "INSERT INTO tag (id, name, created_at, updated_at, version) VALUES (gen_random_uuid(), 'x', now(), now(), 1)"
    deeds = (
        EVENT, tag, "UPDATE dictionary_item SET label_zh = label_zh || '!'",
        "DELETE FROM dictionary_item i WHERE NOT EXISTS (SELECT FROM dictionary_item c WHERE c.parent_id = i.id)",
        "UPDATE rights_epoch SET epoch = epoch + 7",
    )  # fmt: skip
    assert await used(shelf, *deeds) == (url, plain)


@pytest.mark.parametrize("deed", ["CREATE TABLE left_behind ()", "ANALYZE dictionary_item", "ALTER TABLE tag ADD extra integer"])
async def test_one_that_changed_more_than_rows_is_thrown_away(shelf: Shelf, deed: str):
    kept = await shelf.take()
    async with kept.lend().connection() as connection:
        await connection.execute("ANALYZE dictionary_item")  # as autovacuum may have done in the template
    kept.catalog = await kept.keeper.fetchval(CATALOG)
    await shelf.put_back(kept)
    url, plain = await used(shelf)
    assert url == kept.url
    other, counts = await used(shelf, deed)
    assert other != url
    assert counts == plain
