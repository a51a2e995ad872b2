"""The demo company: made once, found again, and never half."""

from __future__ import annotations

import asyncio
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest
from tests.servers import Serving

from crm.cli.demo.callers import APART_EXTENSIONS, TEAM_EXTENSIONS
from crm.cli.demo.office import HOTLINE_NUMBER
from crm.services.system.accounts import DEMO_USERS
from crm.store.folder import DataFolder


def wait(server: Serving) -> None:
    server.wait_for_text("A first query to paste into a shell")


async def asked(home: Path, sql: str) -> list[asyncpg.Record]:
    """Rows of the database that the demo in this folder serves."""
    connection = await asyncpg.connect(DataFolder(home / ".crm").read_note()["url"])
    try:
        return list(await connection.fetch(sql))
    finally:
        await connection.close()


async def until(home: Path, sql: str, reached: Callable[[list[asyncpg.Record]], bool]) -> list[asyncpg.Record]:
    end = time.monotonic() + 60
    while not reached(found := await asked(home, sql)):
        assert time.monotonic() < end, found
        await asyncio.sleep(0.2)
    return found


RUNG = "SELECT state, line, ended_at FROM call WHERE source = 'demo' ORDER BY ringing_at, id"
COUNTS = """
SELECT 'party', count(*) FROM party UNION ALL SELECT 'history', count(*) FROM call WHERE source = 'history'
UNION ALL SELECT 'contract', count(*) FROM contract UNION ALL SELECT 'delivery', count(*) FROM delivery
"""
REMINDED = """
SELECT u.username FROM reminder_series s JOIN user_account u ON u.id = s.user_id
WHERE s.due_at BETWEEN now() AND now() + interval '3 minutes'
"""
ANNOUNCED = """
SELECT must_confirm FROM announcement WHERE status = 'SCHEDULED' AND publish_at BETWEEN now() AND now() + interval '90 seconds'
"""


async def check_today(home: Path) -> None:
    """Everybody who can sign in is reminded of something soon, and an announcement is about to be published."""
    assert {row["username"] for row in await asked(home, REMINDED)} >= set(DEMO_USERS)
    assert [row["must_confirm"] for row in await asked(home, ANNOUNCED)] == [True]


@pytest.mark.slow
async def test_a_demo_is_made_once_and_keeps_its_data(serving, tmp_path):
    first = serving("demo", "--port", "0", "--calls-per-minute", "0")
    await asyncio.to_thread(wait, first)
    assert "Making the demo company" in first.output
    for name in ("secret-key", "hook-secret-demo"):
        file = tmp_path / ".crm" / name
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text() in first.output
    before = await asked(tmp_path, COUNTS)
    assert await asked(tmp_path, RUNG) == [], "no calls were asked for"
    await check_today(tmp_path)
    assert await asyncio.to_thread(first.end, signal.SIGINT) == 0
    assert DataFolder(tmp_path / ".crm").running_server() is None

    second = serving("demo", "--port", "0", "--calls-per-minute", "600")
    await asyncio.to_thread(wait, second)
    assert "Making the demo company" not in second.output
    rung = await until(tmp_path, RUNG, lambda found: len(found) >= 5)
    assert {row["line"] for row in rung} <= {HOTLINE_NUMBER, *TEAM_EXTENSIONS, *APART_EXTENSIONS}
    assert [tuple(row) for row in await asked(tmp_path, COUNTS)] == [tuple(row) for row in before]
    await check_today(tmp_path)
    assert await asyncio.to_thread(second.end, signal.SIGTERM) == 143
    assert "Traceback" not in second.output

    third = serving("demo", "--port", "0", "--calls-per-minute", "1")
    await asyncio.to_thread(wait, third)
    closed = await until(tmp_path, RUNG, lambda found: all(row["ended_at"] for row in found[: len(rung)]))
    assert {row["state"] for row in closed[: len(rung)]} == {"MISSED"}, "what the last one left ringing"
    assert await asyncio.to_thread(third.end, signal.SIGTERM) == 143


@pytest.mark.slow
def test_a_filling_that_is_cut_short_is_done_over(serving, tmp_path, data_folder):
    first = serving("demo", "--no-serve")
    first.wait_for_text("Making the demo company")
    assert first.end(signal.SIGKILL) != 0
    assert (tmp_path / ".crm" / "demo-unfinished").exists()
    second = serving("demo", "--no-serve")
    assert second.process.wait(120) == 0, second.output
    assert "Making the demo company" in second.output
    assert not (tmp_path / ".crm" / "demo-unfinished").exists()
    assert DataFolder(tmp_path / ".crm").running_server() is None
