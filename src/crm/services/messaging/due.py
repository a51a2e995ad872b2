"""Announcements whose time has come: published or expired by the system, each in a transaction of its own.

Any number of processes may do this at once. A row that another one has in hand is left to it, and whoever comes second finds it
done; a row that fails is told to the log and tried again next time, and holds up no other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from crm.models import Announcement
from crm.rules.messaging.announcement_flow import ANNOUNCEMENT_FLOW, AnnouncementStatus, AnnouncementVerb, wrong_end
from crm.services.deeds import Channel, Database, Deed
from crm.services.messaging import audiences
from crm.services.messaging.announcements import release, take_back
from crm.services.records import record_change, revise
from crm.services.system.accounts import system_deed
from crm.store.errors import is_away

log = structlog.get_logger("crm.announcements")

SCHEDULED = "status = 'SCHEDULED' AND deleted_at IS NULL"
EXPIRING = "status = 'PUBLISHED' AND expires_at IS NOT NULL AND deleted_at IS NULL"


async def publish_due(database: Database, at: datetime) -> int:
    """Publish what was scheduled for `at` or before; how many there were."""
    return await _each(database, at, f"{SCHEDULED} AND publish_at <= $1", "publish_at", _publish)


async def expire_due(database: Database, at: datetime) -> int:
    """Let expire what has its end at `at` or before; how many there were. Nothing is pushed: it stays where it was read."""
    return await _each(database, at, f"{EXPIRING} AND expires_at <= $1", "expires_at", _expire)


async def next_due(database: Database) -> datetime | None:
    """When there will be something to publish or to let expire; None while nothing waits for its time."""
    query = f"""
        SELECT least((SELECT min(publish_at) FROM announcement WHERE {SCHEDULED}),
                     (SELECT min(expires_at) FROM announcement WHERE {EXPIRING})) AS at
    """
    async with database.transaction() as tx:
        found: datetime | None = (await tx.execute_query_dict(query))[0]["at"]
    return found


async def _each(database: Database, at: datetime, due: str, order: str, act: Callable[[Deed, Any], Awaitable[bool]]) -> int:
    """Do it to every row that is due, the longest overdue first; how many it was done to."""
    async with database.transaction() as tx:
        rows = await tx.execute_query_dict(f"SELECT id FROM announcement WHERE {due} ORDER BY {order}, id", [at])
    return sum([await _one(database, at, due, row["id"], act) for row in rows])


async def _one(database: Database, at: datetime, due: str, key: UUID, act: Callable[[Deed, Any], Awaitable[bool]]) -> bool:
    query = f"SELECT * FROM announcement WHERE {due} AND id = $2 FOR NO KEY UPDATE SKIP LOCKED"
    try:
        async with system_deed(database, "announcements due", channel=Channel.SCHEDULE) as opened:
            deed = replace(opened, at=at)
            if not (found := await deed.rows(query, at, key)):
                return False
            announcement = Announcement._init_from_db(**found[0])
            announcement._saved_in_db = True
            return await act(deed, announcement)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("announcement_due_failed", announcement=str(key))
        return False


async def _publish(deed: Deed, announcement: Any) -> bool:
    """Publish it to whomever its audience reaches by now. Where that is nobody, or its end came first, it is a draft again."""
    reached = await audiences.people(deed, announcement.id)
    if not reached or wrong_end(announcement.expires_at, None, deed.at) is not None:
        await take_back(deed, announcement)
        return False
    await release(deed, announcement, reached, {})
    return True


async def _expire(deed: Deed, announcement: Any) -> bool:
    status = ANNOUNCEMENT_FLOW.after(AnnouncementStatus(announcement.status), AnnouncementVerb.EXPIRE)
    await record_change(deed, announcement, "announcement.expire", await revise(deed, announcement, {"status": status.value}))
    return True
