"""Which conversation of its mailbox a message belongs to. Never one of another mailbox, whatever a message refers to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm.rules.messaging.email_subjects import subject_key
from crm.rules.messaging.mail_threading import WINDOW, asked_for, joins_by_subject
from crm.rules.messaging.received_mail import ReceivedMail
from crm.services.deeds import Deed

# What it answers; what answers it and came first; what answers the same, which never came.
_BY_NAME = """
SELECT m.id, m.thread_id, m.rfc_message_id, m.direction FROM email_message m LEFT JOIN email_thread t ON t.id = m.thread_id
WHERE m.account_id = $1 AND t.deleted_at IS NULL AND (m.rfc_message_id = ANY($2::text[]) OR m.rfc_in_reply_to = ANY($3::text[]))
ORDER BY array_position($2::text[], m.rfc_message_id::text) NULLS LAST, m.direction DESC, m.dated_at DESC, m.id LIMIT 1
"""
_BY_SUBJECT = """
SELECT t.id FROM email_thread t
WHERE t.account_id = $1 AND t.subject_key = $2 AND t.last_at BETWEEN $3 AND $4 AND t.deleted_at IS NULL
    AND EXISTS (SELECT FROM email_message m WHERE m.thread_id = t.id AND m.deleted_at IS NULL
        AND (lower(m.from_address) = $5
            OR EXISTS (SELECT FROM email_recipient r WHERE r.message_id = m.id AND r.address_key = $5)))
ORDER BY t.last_at DESC, t.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message belongs: its conversation, if it is no new one, and the message of ours or theirs that it answers."""

    thread_id: UUID | None = None
    reply_to_id: UUID | None = None


async def place_of(deed: Deed, account_id: UUID, mail: ReceivedMail, received: datetime) -> Place:
    """By what it refers to; else by its subject, where that says enough, among the same people and not too long ago."""
    asked = [f"<{each}>" for each in asked_for(mail.references, mail.in_reply_to)]
    answered = [*asked[:1], *([f"<{mail.message_id}>"] if mail.message_id else [])]
    if answered and (found := await deed.rows(_BY_NAME, account_id, asked, answered)):
        row = found[0]
        return Place(row["thread_id"], row["id"] if row["rfc_message_id"] in asked else None)
    subject = mail.subject or ""
    if mail.sender is None or mail.bounce is not None or not joins_by_subject(subject):
        return Place()
    window = (received - WINDOW, received + WINDOW)
    rows = await deed.rows(_BY_SUBJECT, account_id, subject_key(subject), *window, mail.sender.key)
    return Place(rows[0]["id"] if rows else None)
