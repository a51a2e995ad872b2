"""Conversations (邮件会话): begun, and counted anew when something about their messages changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import EmailThread
from crm.rules.messaging.email_subjects import bare, subject_key
from crm.services.deeds import Deed
from crm.services.records import insert

_RECOUNT = """
UPDATE email_thread t SET message_count = k.messages, unseen_count = k.unseen, last_at = coalesce(k.last_at, t.last_at),
    updated_at = $2, party_id = coalesce(t.party_id, k.party_id), contact_id = coalesce(t.contact_id, k.contact_id)
FROM (
    SELECT count(*) AS messages, count(*) FILTER (WHERE NOT seen) AS unseen, max(dated_at) AS last_at,
        (array_agg(party_id) FILTER (WHERE party_id IS NOT NULL))[1] AS party_id,
        (array_agg(contact_id) FILTER (WHERE contact_id IS NOT NULL))[1] AS contact_id
    FROM email_message WHERE thread_id = $1 AND deleted_at IS NULL AND state <> 'DRAFT'
) k WHERE t.id = $1
"""


async def begin(deed: Deed, account_id: UUID, subject: str, at: datetime, **values: Any) -> UUID:
    """A conversation of one mailbox that has no message yet."""
    given = {"account_id": account_id, "subject": bare(subject) or subject, "subject_key": subject_key(subject), "last_at": at}
    thread, _ = await insert(deed, EmailThread, Kind.EMAIL_THREAD, {**given, **values})
    return thread.id


async def recount(deed: Deed, thread_id: UUID | None) -> None:
    """Its counts and its last instant, of its messages as they are now. Drafts are nobody's business yet."""
    if thread_id is None:
        return
    await deed.run("SELECT 1 FROM email_thread WHERE id = $1 FOR NO KEY UPDATE", thread_id)
    await deed.run(_RECOUNT, thread_id, deed.at)
