"""Feeds of one's own calendar: made, revoked, and found by their token."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.loading import token_hash
from crm.core.errors import Invalid, NotFound
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.models import CalendarFeed
from crm.services.deeds import Deed
from crm.services.records import refuse_blank
from crm.services.values import checked

MOST = 20
"""Feeds of one person that are not revoked."""
LONGEST_TOKEN = 100


async def create(deed: Deed, given: Mapping[str, Any]) -> tuple[UUID, str]:
    """A new feed and its token, which is told once: only its hash is kept."""
    refuse_blank(given, ["name"])
    values = checked(CalendarFeed, given)
    # Under the person's own row, so that two requests at once do not both find the last place free.
    await deed.rows("SELECT id FROM user_account WHERE id = $1 FOR NO KEY UPDATE", deed.actor)
    if await CalendarFeed.filter(user_id=deed.actor, revoked_at=None).using_db(deed.tx).count() >= MOST:
        raise Invalid(f"One has at most {MOST} feeds: revoke one that is not used any more.")
    token, key = secrets.token_urlsafe(32), new_id(Kind.CALENDAR_FEED)
    await CalendarFeed.create(
        using_db=deed.tx, id=key, user_id=deed.actor, token_hash=token_hash(token), created_at=deed.at, **values
    )
    return key, token


async def revoke(deed: Deed, record_id: str) -> UUID:
    """End one of one's own feeds; another's is not there."""
    key = parse_id(record_id, Kind.CALENDAR_FEED)
    query = "SELECT revoked_at FROM calendar_feed WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE"
    found = await deed.rows(query, key, deed.actor) if key is not None else []
    if key is None or not found:
        raise NotFound
    if found[0]["revoked_at"] is not None:
        raise Invalid("This feed has been revoked already.", ("id",))
    await deed.run("UPDATE calendar_feed SET revoked_at = $2 WHERE id = $1", key, deed.at)
    return key


_USED = """
UPDATE calendar_feed SET last_used_at = now()
WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '5 minutes')
"""


async def found(connection: Any, token: str) -> tuple[UUID, str] | None:
    """Whose feed a token opens, and its name; None where there is none. Reading must not write with every request."""
    if len(token) > LONGEST_TOKEN:
        return None
    query = "SELECT id, user_id, name FROM calendar_feed WHERE token_hash = $1 AND revoked_at IS NULL"
    row = await connection.fetchrow(query, token_hash(token))
    if row is None:
        return None
    await connection.execute(_USED, row["id"])
    return row["user_id"], row["name"]
