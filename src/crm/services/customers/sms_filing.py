"""Short messages with a party become activities (活动) of it, once they were sent or received.

Made afterwards and in batches, because what is sent knows nothing of activities. A message of its own counts as contact with the
party; one of many that went out in bulk does not, or a mail shot would empty everybody's contact plan.
"""

from __future__ import annotations

from collections.abc import Mapping
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
SUBJECT = 60

# The parties first, as everywhere; a party that is being merged just now is waited for, and then names its survivor.
_PARTIES = """
SELECT p.id FROM party p WHERE p.id IN (
    SELECT m.party_id FROM sms_message m
    WHERE NOT m.filed AND m.party_id IS NOT NULL AND coalesce(m.submitted_at, m.delivered_at) IS NOT NULL
    ORDER BY m.id LIMIT $1)
ORDER BY p.id FOR NO KEY UPDATE
"""
_UNFILED = """
SELECT m.* FROM sms_message m
WHERE NOT m.filed AND m.party_id = ANY($1::uuid[]) AND coalesce(m.submitted_at, m.delivered_at) IS NOT NULL
ORDER BY m.id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
"""
_INSERT = """
INSERT INTO activity (id, kind, subject, content, status, party_id, contact_id, done_at, owner_id, department_id,
    created_at, updated_at, created_by_id, updated_by_id, version)
SELECT k.id, 'SMS', k.subject, m.text, $3, m.party_id, m.contact_id, coalesce(m.submitted_at, m.delivered_at), m.owner_id,
    m.department_id, $4, $4, m.created_by_id, m.created_by_id, 1
FROM unnest($1::uuid[], $2::uuid[], $5::text[]) AS k(id, message_id, subject) JOIN sms_message m ON m.id = k.message_id
"""
_FILED = """
UPDATE sms_message m SET activity_id = k.activity_id, filed = TRUE
FROM unnest($1::uuid[], $2::uuid[]) AS k(activity_id, message_id) WHERE m.id = k.message_id
"""


async def file(database: Database) -> int:
    """Make activities of at most a batch of messages; how many there were."""
    async with system_deed(database, "sms activities", channel=Channel.SCHEDULE) as deed:
        parties = [row["id"] for row in await deed.rows(_PARTIES, BATCH)]
        messages = await deed.rows(_UNFILED, parties, BATCH) if parties else []
        if messages:
            await _file(deed, messages)
    return len(messages)


async def _file(deed: Deed, messages: list[dict[str, Any]]) -> None:
    latest: dict[UUID, Any] = {}
    for message in messages:
        if message["batch_id"] is None:
            at = message["submitted_at"] or message["delivered_at"]
            latest[message["party_id"]] = max(at, latest.get(message["party_id"], at))
    for party, at in latest.items():
        await touch_party(deed, party, at)
    made = [new_id(Kind.ACTIVITY) for _ in messages]
    keys, subjects = [message["id"] for message in messages], [_subject(message) for message in messages]
    await deed.run(_INSERT, made, keys, ActivityStatus.DONE.value, deed.at, subjects)
    await deed.run(_FILED, made, keys)
    entries = [
        (key, message["party_id"], [FieldChange("kind", None, "SMS"), FieldChange("subject", None, subject)])
        for key, message, subject in zip(made, messages, subjects, strict=True)
    ]
    await record_changes(deed, Activity, "activity", "create", entries)


def _subject(message: Mapping[str, Any]) -> str:
    text = " ".join(str(message["text"]).split())
    return text if len(text) <= SUBJECT else f"{text[: SUBJECT - 1]}…"
