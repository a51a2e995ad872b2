"""Rows of mailboxes and of what is in them, as they are written in bulk."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class EmailAccountRow(NamedTuple):
    """电子邮箱. Without servers: nothing comes, and nothing goes."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    owner_id: UUID
    department_id: UUID | None
    address: str
    address_key: str
    name: str
    display_name: str
    kind: str
    signature_text: str
    version: int = 1
    active: bool = True
    undo_seconds: int = 10
    smtp_security: str = "STARTTLS"
    connections: int = 2
    per_minute: int = 60
    most_recipients: int = 50
    largest_megabytes: int = 20
    smtp_state: str = "UNTRIED"
    imap_security: str = "TLS"
    receiving: bool = False
    imap_folder: str = "INBOX"
    imap_state: str = "UNTRIED"


class EmailMemberRow(NamedTuple):
    """邮箱成员."""

    id: UUID
    account_id: UUID
    user_id: UUID
    position: int
    may_send: bool = True


class EmailThreadRow(NamedTuple):
    """邮件会话."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    account_id: UUID
    subject: str
    subject_key: str
    party_id: UUID
    contact_id: UUID
    message_count: int
    unseen_count: int
    last_at: datetime
    version: int = 1


class EmailMessageRow(NamedTuple):
    """邮件."""

    id: UUID
    created_at: datetime
    created_by_id: UUID | None
    updated_at: datetime
    updated_by_id: UUID | None
    account_id: UUID
    thread_id: UUID
    direction: str
    state: str
    folder: str
    party_id: UUID
    contact_id: UUID
    assignee_id: UUID | None
    activity_id: UUID
    reply_to_id: UUID | None
    rfc_message_id: str
    rfc_in_reply_to: str | None
    rfc_references: str | None
    subject: str
    from_address: str
    from_name: str
    dated_at: datetime
    received_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None
    answered_at: datetime | None
    text: str
    snippet: str
    size: int
    seen: bool
    tries: int
    version: int = 1
    category: str = "PERSONAL"
    filed: bool = True
    remote_images: int = 0
    images_allowed: bool = False
    remarks: str = "[]"
    auto_reply: bool = False
    bounce: bool = False
    flagged: bool = False
    doubts: int = 0
    repeated: bool = False


class EmailRecipientRow(NamedTuple):
    """收件人."""

    id: UUID
    message_id: UUID
    position: int
    role: str
    address: str
    address_key: str
    name: str | None
    state: str
    status_code: str | None
    settled_at: datetime | None
    repeated: bool = False
