"""What stands in a database already is brought along by a migration that needs more of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
from tests.servers import Databases

from crm.core.ids import kind_of
from crm.core.kinds import Kind
from crm.store import migrate

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
TASKS = {"PLANNED": UUID(int=1), "CANCELLED": UUID(int=2)}
TASK = """
INSERT INTO activity (id, created_at, updated_at, version, kind, subject, status) VALUES ($1, now(), now(), 1, 'TASK', 'x', $2)
"""
CALL = """
INSERT INTO call (id, created_at, updated_at, version, source, external_id, direction, state, number_e164, ringing_at, expires_at,
    answered_at, ended_at, call_back_id)
VALUES (gen_random_uuid(), $1, $1, 1, 'pbx', $2, 'INBOUND', 'MISSED', $3, $1, $1, $4, $5, $6)
"""


async def test_calls_learn_how_long_they_took_and_open_tasks_begin_the_call_back_list(databases: Databases):
    steps = migrate.known()
    place = next(number for number, step in enumerate(steps) if step.endswith("_activities_and_calls"))
    async with databases.temporary(template=None) as url:
        await migrate.migrate(url, steps[place - 1][:4])
        connection = await asyncpg.connect(url)
        try:
            for status, key in TASKS.items():
                await connection.execute(TASK, key, status)
            rang, over = timedelta(seconds=12), timedelta(seconds=72)
            await connection.execute(CALL, AT, "answered", "+8613800000000", AT + rang, AT + over, None)
            for name, later in (("first", 0), ("second", 30)):
                at = AT + timedelta(minutes=later)
                await connection.execute(CALL, at, name, "+8613900000000", None, at + over, TASKS["PLANNED"])
            await connection.execute(CALL, AT, "settled", "+8613700000000", None, AT + over, TASKS["CANCELLED"])
            await migrate.migrate(url)
            calls = {row["external_id"]: row for row in await connection.fetch("SELECT * FROM call")}
            took = {name: (call["ring_seconds"], call["talk_seconds"]) for name, call in calls.items()}
            assert (took["answered"], took["first"]) == ((12, 60), (72, None))
            assert not any(call["blocked"] for call in calls.values())
            (entry,) = await connection.fetch("SELECT * FROM call_back")
            assert (entry["activity_id"], entry["call_id"]) == (TASKS["PLANNED"], calls["second"]["id"])
            assert (entry["status"], entry["missed_count"], entry["first_missed_at"]) == ("OPEN", 2, AT)
            assert kind_of(UUID(str(entry["id"]))) is Kind.CALL_BACK
            assert {name for name, call in calls.items() if call["call_back_entry_id"] == entry["id"]} == {"first", "second"}
            await migrate.migrate(url, steps[place - 1][:4])
        finally:
            await connection.close()
