"""What every start of the demo prepares: reminders and an announcement to be seen in its first minutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crm.services.deeds import Deed
from crm.services.messaging import announcements
from crm.services.office import schedule_events
from crm.services.system.accounts import DEMO_USERS, system_deed
from crm.store.database import Database

FIRST_REMINDER, APART = timedelta(seconds=75), timedelta(seconds=8)
"""When the first of the demo's users is reminded, and how far apart the others are: all within one to three minutes."""
BEFORE = 10
ANNOUNCED = timedelta(minutes=1)
KEPT = timedelta(days=1)
MANAGER = "manager"
SOON = "SELECT 1 FROM reminder_series WHERE user_id = $1 AND due_at BETWEEN $2 AND $3"


async def prepare_today(database: Database) -> None:
    """An event with a reminder for each of the demo's users, and an announcement that will be published in a minute."""
    async with system_deed(database, "crm demo") as deed:
        found = await deed.rows(
            "SELECT id, username FROM user_account WHERE username = ANY($1) AND active ORDER BY username", list(DEMO_USERS)
        )
        people = {row["username"]: row for row in found}
        for place, row in enumerate(people.values()):
            await _remind(deed, row, place)
        if MANAGER in people:
            await _announce(deed, people[MANAGER])


async def _remind(deed: Deed, user: Mapping[str, Any], place: int) -> None:
    """A call to make in a good ten minutes, unless a start shortly before has seen to it."""
    due = deed.at + FIRST_REMINDER + place * APART
    if await deed.rows(SOON, user["id"], deed.at + timedelta(minutes=1), deed.at + timedelta(minutes=3)):
        return
    start = due + timedelta(minutes=BEFORE)
    given = {
        "title": "回访重点客户 Call a key customer back",
        "owner_id": str(user["id"]),
        "starts_at": start,
        "ends_at": start + timedelta(minutes=15),
        "time_zone": "Asia/Shanghai",
        "reminders": [{"channel": "POPUP", "minutes_before": BEFORE}],
    }
    await schedule_events.create(deed, given)


async def _announce(deed: Deed, manager: Mapping[str, Any]) -> None:
    """Expires by itself after a day, so that starts do not pile them up; not again while one is still waiting."""
    title = "系统升级通知 System upgrade notice"
    if await deed.rows("SELECT 1 FROM announcement WHERE title = $1 AND status = 'SCHEDULED' AND deleted_at IS NULL", title):
        return
    given = {
        "title": title,
        "body": "今晚 22:00 升级电话系统，约十分钟。请确认已知悉。\n\nThe telephone system is upgraded at 22:00. Please confirm.",
        "must_confirm": True,
        "owner_id": str(manager["id"]),
        "expires_at": deed.at + KEPT,
        "audience": {"everyone": True},
    }
    key = await announcements.create(deed, given)
    await announcements.schedule(deed, str(key), deed.at + ANNOUNCED)
