"""Calls that go on when somebody begins to listen: they are told at once, and need not ask."""

from __future__ import annotations

from uuid import UUID

from crm.notify.brokers import Event
from crm.services.topics import Topic
from crm.store.database import Database

# Each branch walks `call_open` from its beginning: what is open is little, however many calls there have been.
_OPEN = f"""
WITH here AS (
    SELECT c.id FROM call c
    WHERE c.claimed_by_id = $1 AND c.state IN ('ANSWERED', 'HELD', 'TRANSFERRED') AND c.deleted_at IS NULL
    UNION ALL
    SELECT c.id FROM call c
    WHERE c.claimed_by_id IS NULL AND c.state = 'RINGING' AND c.deleted_at IS NULL
        AND EXISTS (SELECT FROM call_candidate n WHERE n.call_id = c.id AND n.user_id = $1))
SELECT e.seq, e.topic, e.record_id, e.audience FROM here h CROSS JOIN LATERAL (
    SELECT v.seq, v.topic, v.record_id, v.audience FROM event v
    WHERE v.topic = '{Topic.INCOMING_CALLS.value}' AND v.record_id = h.id AND v.seq <= $2 ORDER BY v.seq DESC LIMIT 1) e
WHERE e.audience = '{{}}' OR $1 = ANY(e.audience) ORDER BY e.seq
"""


async def open_events(database: Database, person: UUID, last: int) -> list[Event]:
    """The latest event of each call that rings this person or that they have, in the order of the stream.

    What others have answered is not among them: it rings nobody any more. Nothing after number `last` is, either: whoever begins
    to listen there hears that by itself, and must not hear it twice. Rights are judged when it is delivered, as ever.
    """
    async with database.connection() as connection:
        return [Event.of(row) for row in await connection.fetch(_OPEN, person, last)]
