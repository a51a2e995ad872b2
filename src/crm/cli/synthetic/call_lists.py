"""The call-back list of synthetic calls: one entry for each number that was missed lately, as the product would have kept it."""

from __future__ import annotations

from datetime import datetime

from crm.core.kinds import Kind
from crm.rules.customers.call_back_flow import WITHIN
from crm.services.deeds import Deed

# An id says its instant and its kind; what is random in it follows from the task, so that the same seed gives the same list.
# Synthetic calls have a task each. Of those of one number that are open at once, one is on the list.
_ENTRIES = """
INSERT INTO call_back (id, created_at, number_key, call_id, activity_id, status, missed_count, first_missed_at, last_missed_at,
    due_at, claimed_by_id, claimed_at, closed_at, closed_by_id)
SELECT (lpad(to_hex(floor(extract(epoch FROM c.ringing_at) * 1000)::bigint), 12, '0') || '8' || lpad(to_hex($3::int), 3, '0')
        || '8' || substr(md5(a.id::text), 1, 15))::uuid,
    c.ringing_at, c.number_e164, c.id, a.id, CASE WHEN a.status = 'PLANNED' THEN 'OPEN' ELSE 'DONE' END, 1, c.ringing_at,
    c.ringing_at, c.ringing_at + $2::interval, CASE WHEN a.status = 'DONE' THEN a.owner_id END,
    CASE WHEN a.status = 'DONE' THEN a.created_at END, a.done_at, CASE WHEN a.status = 'DONE' THEN a.owner_id END
FROM call c JOIN activity a ON a.id = c.call_back_id
WHERE c.ringing_at > $1 AND c.number_e164 IS NOT NULL AND a.deleted_at IS NULL ORDER BY c.ringing_at, c.id
ON CONFLICT DO NOTHING
"""
_OF_CALLS = "UPDATE call SET call_back_entry_id = b.id FROM call_back b WHERE b.call_id = call.id"


async def add_call_backs(deed: Deed, since: datetime) -> None:
    """Enter the calls that were missed since then; their tasks say which of them are still owed a call."""
    await deed.run(_ENTRIES, since, WITHIN, int(Kind.CALL_BACK))
    await deed.run(_OF_CALLS)
