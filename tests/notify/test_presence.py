"""Which sessions have ended: found at once by their end, and by a look at all of them where there is none to be found."""

from __future__ import annotations

from uuid import UUID

import pytest
from tests.factories.api import opened

from crm.notify import presence
from crm.notify.presence import _Watch
from crm.services.system.accounts import create_sessions

office = pytest.fixture(opened)


@pytest.fixture
async def sessions(database, office) -> list[UUID]:
    await office.hire("listener")
    await create_sessions(database, "listener", 4)
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT z.id FROM session z JOIN user_account u ON u.id = z.user_id"
                                      " WHERE u.username = 'listener' ORDER BY z.id")  # fmt: skip
    return [row["id"] for row in rows][-4:]


async def test_what_ended_is_found_by_its_end_and_the_rest_by_a_look_at_all(database, sessions, monkeypatch):
    watch, (revoked, expired, deleted, stays) = _Watch(), sessions
    async with database.connection() as connection:

        async def looks() -> set[UUID]:
            return set(await watch.look(connection, set(sessions)))

        assert await looks() == set()
        # Dated before the last look: its transaction was long.
        await connection.execute("UPDATE session SET revoked_at = now() - interval '4 minutes' WHERE id = $1", revoked)
        await connection.execute("UPDATE session SET expires_at = now() - interval '1 second' WHERE id = $1", expired)
        assert await looks() == {revoked, expired}
        await connection.execute("DELETE FROM session WHERE id = $1", deleted)
        assert await looks() == {revoked, expired}
        await connection.execute("UPDATE rights_epoch SET epoch = epoch + 1")
        assert await looks() == {revoked, expired, deleted}
        await connection.execute("UPDATE user_account SET active = false WHERE username = 'listener'")
        assert await looks() == {revoked, expired, stays}
        monkeypatch.setattr(presence, "WHOLE_LOOK_SECONDS", 0.0)
        assert await looks() == set(sessions)


async def test_a_session_of_somebody_else_is_none_of_ours(database, sessions):
    async with database.connection() as connection:
        watch = _Watch()
        assert await watch.look(connection, {sessions[0]}) == []
        await connection.execute("UPDATE session SET revoked_at = now() WHERE id = ANY($1)", sessions[1:])
        assert await watch.look(connection, {sessions[0]}) == []


async def test_a_watch_that_could_not_look_looks_at_all(database, sessions):
    async with database.connection() as connection:
        watch = _Watch()
        await watch.look(connection, set(sessions))
        await connection.execute("DELETE FROM session WHERE id = $1", sessions[0])
        with pytest.raises(AttributeError):
            await watch.look(None, set(sessions))
        assert await watch.look(connection, set(sessions)) == [sessions[0]]


async def test_the_end_of_sessions_has_an_index(database):
    async with database.connection() as connection:
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch("EXPLAIN " + presence._LATELY.replace("$1", "now()").replace("$2", "interval '5 minutes'"))
        await connection.execute("RESET enable_seqscan")
    assert any("session_by_end" in row[0] for row in plan)
