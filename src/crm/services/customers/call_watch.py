"""Calls that vanished: a switchboard that never said how one ended must not leave it ringing for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from crm.core.clock import now
from crm.models import Call
from crm.rules.customers.call_states import Signal
from crm.services.customers.call_histories import note, refold
from crm.services.customers.call_rows import row_of
from crm.services.deeds import Channel, Database
from crm.services.system.accounts import system_deed
from crm.store.errors import is_away

SOURCE = "watch"
RANG_OUT = timedelta(minutes=10)
SILENT = timedelta(hours=12)

log = structlog.get_logger("crm.calls")

# What another process closes at this moment is left to it.
_LOST = """
SELECT c.* FROM call c
WHERE c.state IN ('RINGING', 'ANSWERED', 'HELD', 'TRANSFERRED')
  AND (CASE WHEN c.state = 'RINGING' THEN c.expires_at < $1
       ELSE c.ringing_at < $2 AND NOT EXISTS (SELECT FROM call_event e WHERE e.call_id = c.id AND e.received_at >= $2) END)
  AND ($3::uuid IS NULL OR c.id = $3::uuid)
ORDER BY c.id
"""


async def sweep(database: Database) -> int:
    """Close every call that is lost by now; how many."""
    return await close_lost(database, now())


async def close_lost(database: Database, at: datetime) -> int:
    """Close what was lost at an instant, each call in a transaction of its own: one that fails holds up no other."""
    async with database.transaction() as tx:
        rows = await tx.execute_query_dict(_LOST, [at - RANG_OUT, at - SILENT, None])
    return sum([await _closed(database, row["id"], at) for row in rows])


async def _closed(database: Database, call_id: UUID, at: datetime) -> bool:
    """Close one call, if it is still lost and nobody else has it in hand."""
    try:
        async with system_deed(database, "call watch", channel=Channel.TELEPHONY) as deed:
            rows = await deed.rows(f"{_LOST} FOR NO KEY UPDATE OF c SKIP LOCKED", at - RANG_OUT, at - SILENT, call_id)
            for row in rows:
                call = row_of(Call, row)
                await refold(deed, call, await note(deed, call, Signal.LOST, source=SOURCE))
            return bool(rows)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("lost call was not closed", call=str(call_id))
        return False
