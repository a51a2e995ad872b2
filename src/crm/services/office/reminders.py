"""Reminders that have fired: snoozed and dismissed by the person they are for."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from crm.core.errors import Invalid, NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.rules.office.reminder_flow import REMINDER_FLOW, ReminderState, ReminderVerb
from crm.services.deeds import Deed

MOST_MINUTES = 10_080


async def snooze(deed: Deed, record_id: str, minutes: int) -> UUID:
    """Remind me again in so many minutes."""
    key = await _step(deed, record_id, ReminderVerb.SNOOZE)
    if not 1 <= minutes <= MOST_MINUTES:
        raise Invalid(f"Must be between 1 and {MOST_MINUTES}.", ("minutes",))
    until = deed.at + timedelta(minutes=minutes)
    await deed.run("UPDATE reminder SET state = 'SNOOZED', snoozed_until = $2 WHERE id = $1", key, until)
    return key


async def dismiss(deed: Deed, record_id: str) -> UUID:
    """Do not remind me of this again."""
    key = await _step(deed, record_id, ReminderVerb.DISMISS)
    await deed.run("UPDATE reminder SET state = 'DISMISSED', snoozed_until = NULL, dismissed_at = $2 WHERE id = $1", key, deed.at)
    return key


async def _step(deed: Deed, record_id: str, verb: ReminderVerb) -> UUID:
    """One's own reminder, locked, and the flow asked; another's is not there."""
    key = parse_id(record_id, Kind.REMINDER)
    query = "SELECT state FROM reminder WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE"
    found = await deed.rows(query, key, deed.actor) if key is not None else []
    if key is None or not found:
        raise NotFound
    REMINDER_FLOW.after(ReminderState(found[0]["state"]), verb)
    return key
