"""Conversations by e-mail."""

from __future__ import annotations

from datetime import datetime

from crm.graph.fields import column, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun(
    "email_thread",
    entity="email_thread",
    label="subject",
    order="-last_at",
    description="Messages of one mailbox that answer each other (邮件会话). Seen by whoever sees the mailbox.",
)
class EmailThread(Record):
    """邮件会话."""

    subject: str = column("What it is about (主题).")
    message_count: int = column("How many messages it has, without drafts (邮件数).")
    unseen_count: int = column("How many of them nobody has read (未读数).")
    last_at: datetime = column("When the last one was written (最近时间).", sort=True)
    account = related("messaging.EmailAccount", "account_id", "In which mailbox (邮箱).")
    party = related("customers.Party", "party_id", "With which party (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    messages = related_list("messaging.EmailMessage", "thread_id", "Its messages, drafts too (邮件).")


EmailThreadFilter = filter_of(EmailThread)
EmailThreadOrder = order_of(EmailThread)
EmailThreadPayload = payload_of(EmailThread)
