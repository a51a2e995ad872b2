"""What hangs on an event and goes along when it is made into two: who is invited, reminders, shares, tags."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.services.deeds import Deed
from crm.services.records import FieldChange
from crm.services.values import loggable

_COPIED = {
    "schedule_attendee": (Kind.SCHEDULE_ATTENDEE, "schedule_event_id", "position, user_id, contact_id, answer"),
    "reminder_rule": (Kind.REMINDER_RULE, "schedule_event_id", "position, channel, minutes_before, recipients"),
    "share": (Kind.SHARE, "record_id", "record_kind, principal_id, access, cause, granted_by_id, created_at, expires_at"),
}
"""Table → kind of its ids, by which column it names the event, what is copied."""

_TAGS = (
    "INSERT INTO record_tag (record_id, record_kind, tag_id) SELECT $1, record_kind, tag_id FROM record_tag WHERE record_id = $2"
)

_TOLD = {
    "attendees": (
        "SELECT user_id, contact_id FROM schedule_attendee WHERE schedule_event_id = $1 ORDER BY position",
        {"user_id": "user", "contact_id": "contact"},
    ),
    "reminders": (
        "SELECT channel, minutes_before, recipients FROM reminder_rule WHERE schedule_event_id = $1 ORDER BY position",
        {"channel": "channel", "minutes_before": "minutesBefore", "recipients": "recipients"},
    ),
}
"""List → its rows, and what the change log calls their columns."""


async def copy_beside(deed: Deed, old: UUID, new: UUID, shown: Collection[str]) -> list[FieldChange]:
    """Copy it all, answers included; the lists of these names as changes of the new event."""
    for table, (kind, parent, columns) in _COPIED.items():
        found = await deed.rows(f"SELECT id FROM {table} WHERE {parent} = $1", old)
        if found:
            await deed.run(
                f"INSERT INTO {table} (id, {parent}, {columns}) SELECT k.new_id, $1, {columns}"
                f" FROM unnest($2::uuid[], $3::uuid[]) AS k(old_id, new_id) JOIN {table} t ON t.id = k.old_id",
                new, [row["id"] for row in found], [new_id(kind) for _ in found],
            )  # fmt: skip
    await deed.run(_TAGS, new, old)
    changes = []
    for name in sorted(shown):
        statement, names = _TOLD[name]
        rows = [{names[column]: loggable(value) for column, value in row.items()} for row in await deed.rows(statement, new)]
        if rows:
            changes.append(FieldChange(name, None, rows))
    return changes
