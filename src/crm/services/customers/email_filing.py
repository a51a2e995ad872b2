"""Messages with a party become activities (活动) of it, once they were sent or received: subject and text, and nothing else.

As with short messages made afterwards and in batches. Whoever sees the activity sees what it says, and of the mailbox nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import Activity
from crm.rules.customers.activity_flow import ActivityStatus
from crm.services.change_batches import record_changes
from crm.services.customers.contact_cycles import touch_party
from crm.services.deeds import Channel, Database, Deed
from crm.services.records import FieldChange
from crm.services.system.accounts import system_deed

BATCH = 200
SUBJECT = 200
CONTENT = 20_000
NO_SUBJECT = "（无主题）"

# What a rule put into junk waits there until somebody takes it out.
_WAITING = "NOT m.filed AND m.party_id {party} AND m.folder <> 'JUNK' AND coalesce(m.sent_at, m.received_at) IS NOT NULL"
_PARTIES = f"""
SELECT p.id FROM party p WHERE p.id IN (
    SELECT m.party_id FROM email_message m WHERE {_WAITING.format(party="IS NOT NULL")} ORDER BY m.id LIMIT $1)
ORDER BY p.id FOR NO KEY UPDATE
"""
_UNFILED = f"""
SELECT m.id, m.party_id, m.batch_id, m.subject, m.sent_at, m.received_at,
    coalesce(m.created_by_id, m.assignee_id, a.owner_id) AS by_id
FROM email_message m JOIN email_account a ON a.id = m.account_id
WHERE {_WAITING.format(party="= ANY($1::uuid[])")} ORDER BY m.id LIMIT $2 FOR NO KEY UPDATE OF m SKIP LOCKED
"""
_INSERT = """
INSERT INTO activity (id, kind, subject, content, status, party_id, contact_id, done_at, owner_id, department_id,
    created_at, updated_at, created_by_id, updated_by_id, version)
SELECT k.id, 'EMAIL', k.subject, nullif(left(m.text, $6), ''), $4, m.party_id, m.contact_id, coalesce(m.sent_at, m.received_at),
    u.id, u.department_id, $5, $5, m.created_by_id, m.created_by_id, 1
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $7::uuid[]) AS k(id, message_id, subject, by_id)
JOIN email_message m ON m.id = k.message_id LEFT JOIN user_account u ON u.id = k.by_id
"""
_FILED = """
UPDATE email_message m SET activity_id = k.activity_id, filed = TRUE
FROM unnest($1::uuid[], $2::uuid[]) AS k(activity_id, message_id) WHERE m.id = k.message_id
"""


async def file(database: Database) -> int:
    """Make activities of at most a batch of messages; how many there were."""
    async with system_deed(database, "email activities", channel=Channel.MAIL) as deed:
        parties = [row["id"] for row in await deed.rows(_PARTIES, BATCH)]
        messages = await deed.rows(_UNFILED, parties, BATCH) if parties else []
        if messages:
            await _file(deed, messages)
    return len(messages)


async def _file(deed: Deed, messages: list[dict[str, Any]]) -> None:
    latest: dict[UUID, Any] = {}
    for message in messages:
        if message["batch_id"] is None:
            at = message["sent_at"] or message["received_at"]
            latest[message["party_id"]] = max(at, latest.get(message["party_id"], at))
    for party, at in latest.items():
        await touch_party(deed, party, at)
    made = [new_id(Kind.ACTIVITY) for _ in messages]
    keys, subjects = (
        [message["id"] for message in messages],
        [(message["subject"] or NO_SUBJECT)[:SUBJECT] for message in messages],
    )
    by = [message["by_id"] for message in messages]
    await deed.run(_INSERT, made, keys, subjects, ActivityStatus.DONE.value, deed.at, CONTENT, by)
    await deed.run(_FILED, made, keys)
    entries = [
        (key, message["party_id"], [FieldChange("kind", None, "EMAIL"), FieldChange("subject", None, subject)])
        for key, message, subject in zip(made, messages, subjects, strict=True)
    ]
    await record_changes(deed, Activity, "activity", "create", entries)
