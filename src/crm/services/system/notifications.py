"""What people do with their notifications, and how long these are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from crm.core.clock import now
from crm.core.errors import Invalid, NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.services import events
from crm.services.deeds import Database, Deed
from crm.services.topics import Topic

MOST = 100
KEPT = timedelta(days=90)
FORGET_BATCH = 5000

_OWN = "SELECT id FROM notification WHERE id = ANY($1::uuid[]) AND user_id = $2 ORDER BY id FOR NO KEY UPDATE"
_READ = "UPDATE notification SET read_at = $2 WHERE id = ANY($1::uuid[]) AND read_at IS NULL RETURNING id"
_READ_ALL = "UPDATE notification SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL AND created_at <= $2 RETURNING id"
_FORGET = """
DELETE FROM notification WHERE id IN (SELECT id FROM notification WHERE created_at < $1 ORDER BY created_at, id LIMIT $2)
RETURNING id
"""


async def read(deed: Deed, ids: Sequence[str]) -> None:
    """The viewer has read these. The first time counts; one that is not theirs is not there, and nothing is read then."""
    if not 1 <= len(ids) <= MOST:
        raise Invalid(f"Between 1 and {MOST} notifications.", ("ids",))
    keys = {parse_id(each, Kind.NOTIFICATION) for each in ids}
    found = await deed.rows(_OWN, [key for key in keys if key is not None], deed.actor)
    if len(found) < len(keys):
        raise NotFound(("ids",))
    await _tell(deed, await deed.rows(_READ, [row["id"] for row in found], deed.at))


async def read_all(deed: Deed) -> None:
    """The viewer has read all there are."""
    await _tell(deed, await deed.rows(_READ_ALL, deed.actor, deed.at))


async def _tell(deed: Deed, rows: Sequence[dict[str, Any]]) -> None:
    """Their other screens, of the latest at least: whoever shows a count asks for it anew."""
    assert deed.actor is not None
    latest = sorted(row["id"] for row in rows)[-MOST:]
    await events.record_many(deed, Topic.NOTIFICATIONS, [(key, (deed.actor,)) for key in latest])


async def forget(database: Database) -> int:
    """Delete what is older than three months, read or not, in batches; how many."""
    total = 0
    while True:
        async with database.transaction() as tx:
            gone = await tx.execute_query_dict(_FORGET, [now() - KEPT, FORGET_BATCH])
        total += len(gone)
        if len(gone) < FORGET_BATCH:
            return total
