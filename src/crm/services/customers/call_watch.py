"""Calls that vanished: a switchboard that never said how one ended must not leave it ringing for ever."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.core.clock import now
from crm.models import Call
from crm.rules.customers.call_states import Signal
from crm.services.customers.call_histories import note, refold
from crm.services.customers.call_rows import row_of
from crm.services.deeds import Channel, Database, Deed
from crm.services.system.accounts import system_deed

SOURCE = "watch"
BATCH = 50
RANG_OUT = timedelta(minutes=10)
SILENT = timedelta(hours=12)

# What another process closes at this moment is left to it.
_LOST = """
SELECT c.* FROM call c
WHERE c.state IN ('RINGING', 'ANSWERED', 'HELD', 'TRANSFERRED')
  AND (CASE WHEN c.state = 'RINGING' THEN c.expires_at < $1
       ELSE c.ringing_at < $2 AND NOT EXISTS (SELECT FROM call_event e WHERE e.call_id = c.id AND e.received_at >= $2) END)
ORDER BY c.id LIMIT $3 FOR NO KEY UPDATE OF c SKIP LOCKED
"""


async def sweep(database: Database) -> int:
    """Close every call that is lost by now; how many."""
    return await close_lost(database, now())


async def close_lost(database: Database, at: datetime) -> int:
    """Close what was lost at an instant, a batch in a transaction of its own."""
    total = 0
    while True:
        async with system_deed(database, "call watch", channel=Channel.TELEPHONY) as deed:
            closed = await _batch(deed, at)
        total += closed
        if closed < BATCH:
            return total


async def _batch(deed: Deed, at: datetime) -> int:
    rows = await deed.rows(_LOST, at - RANG_OUT, at - SILENT, BATCH)
    for row in rows:
        call = row_of(Call, row)
        await refold(deed, call, await note(deed, call, Signal.LOST, source=SOURCE))
    return len(rows)
