"""What is measured of reminders, at a tiny size: every one is counted, and one that is missing ends the run."""

from __future__ import annotations

import asyncpg
import pytest

from bench import reminders
from crm.store.database import Database


@pytest.fixture
def tiny(monkeypatch):
    for name, value in {"MANY": 20, "TIMES": 2, "ROUNDS": 1, "PEOPLE": 3}.items():
        monkeypatch.setattr(reminders, name, value)


async def test_rates_are_of_what_was_fired(database: Database, tiny, monkeypatch):
    connection = await asyncpg.connect(database.url)
    people = [row["id"] for row in await connection.fetch(reminders._PEOPLE, 3)]
    rounds = {size: [await reminders._fired(connection, database, people, 1, size, 1, 1.0)] for size in (40, 20)}
    shared = {20: [await reminders._fired(connection, database, people, 1, 20, 2, 1.0)]}
    results = reminders._rates(rounds, shared)
    assert [(each.id, each.unit) for each in results] == [("P15", "/s"), ("P15", "/s"), ("P15", "µs CPU")]
    assert all(each.ours > 0 for each in results)
    assert set(results[0].details) == {"40 due, one loop", "20 due, one loop", "20 due, two loops"}

    async def lazy(*_: object) -> int:
        return 0

    monkeypatch.setattr(reminders, "_until_nothing", lazy)
    with pytest.raises(RuntimeError, match="0 told"):
        await reminders._fired(connection, database, people, 1, 20, 1, 1.0)
    await connection.close()
