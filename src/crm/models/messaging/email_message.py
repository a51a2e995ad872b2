"""E-mail, written and received, alone and in bulk."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, Record, reference


class EmailThread(Record):
    """邮件会话. Messages of one mailbox that answer each other. Counts and instants follow from them.

    `subject_key` is the subject without `Re:`, `回复：` and the like, as threads are found by.
    """

    account = reference("EmailAccount", null=False)
    subject = fields.CharField(max_length=400)
    subject_key = fields.CharField(max_length=200)
    party = reference("Party")
    contact = reference("Contact")
    message_count = fields.IntField(default=0)
    unseen_count = fields.IntField(default=0)
    last_at = fields.DatetimeField()

    class Meta:
        table = "email_thread"


class EmailBatch(OwnedRecord):
    """邮件群发. One letter to many; each of its messages is a row of its own, those that were refused too.

    `prepared_parts`: the numbers of the parts whose messages are written.
    """

    name = fields.CharField(max_length=100)
    status = fields.CharField(max_length=10, default="PREPARING")
    account = reference("EmailAccount", null=False)
    template = reference("EmailTemplate")
    category = fields.CharField(max_length=10)
    subject = fields.CharField(max_length=400)
    text = fields.TextField()
    html = fields.TextField(null=True)
    given: Any = fields.JSONField()
    send_at = fields.DatetimeField(null=True)
    recipient_count = fields.IntField(default=0)
    prepared_count = fields.IntField(default=0)
    prepared_parts: Any = fields.JSONField(default=list)
    refused_count = fields.IntField(default=0)
    cancelled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "email_batch"


class EmailMessage(Record):
    """邮件. Whoever sees its mailbox sees it.

    `rfc_…` are its headers of these names. `dated_at` is its Date; `sent_at` is when the first recipient's server took it,
    `received_at` when it came in, `tried_at` when somebody may have got it last. `assignee` is who looks after it, which opens
    nothing to them. `filed` is false while an activity of its party is still to be made of it. `repeated`: it was sent again
    after an answer that never came.
    `doubts` counts those answers, also when it has left the queue: sent again, it may arrive twice.
    `fingerprint` is a hash of what a received message says, by which one that is fetched again is known.
    """

    account = reference("EmailAccount", null=False)
    thread = reference("EmailThread")
    direction = fields.CharField(max_length=8)
    state = fields.CharField(max_length=10)
    folder = fields.CharField(max_length=8)
    category = fields.CharField(max_length=10, default="PERSONAL")
    batch = reference("EmailBatch")
    template = reference("EmailTemplate")
    party = reference("Party")
    contact = reference("Contact")
    assignee = reference("User")
    activity = reference("Activity")
    filed = fields.BooleanField(default=False)
    reply_to = reference("EmailMessage")

    rfc_message_id = fields.CharField(max_length=500, null=True)
    rfc_in_reply_to = fields.CharField(max_length=500, null=True)
    rfc_references = fields.TextField(null=True)
    subject = fields.CharField(max_length=400)
    from_address = fields.CharField(max_length=254, null=True)
    from_name = fields.CharField(max_length=200, null=True)
    reply_address = fields.CharField(max_length=254, null=True)
    dated_at = fields.DatetimeField()
    received_at = fields.DatetimeField(null=True)
    sent_at = fields.DatetimeField(null=True)
    tried_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    send_at = fields.DatetimeField(null=True)
    undo_until = fields.DatetimeField(null=True)

    text = fields.TextField(default="")
    html = fields.TextField(null=True)
    snippet = fields.CharField(max_length=200, default="")
    size = fields.IntField(default=0)
    original = reference("StoredFile")
    remote_images = fields.IntField(default=0)
    images_allowed = fields.BooleanField(default=False)
    remarks: Any = fields.JSONField()
    auto_reply = fields.BooleanField(default=False)
    bounce = fields.BooleanField(default=False)
    seen = fields.BooleanField(default=False)
    flagged = fields.BooleanField(default=False)
    answered_at = fields.DatetimeField(null=True)

    uid_validity = fields.BigIntField(null=True)
    uid = fields.BigIntField(null=True)
    fingerprint = fields.CharField(max_length=64, null=True)
    tries = fields.IntField(default=0)
    doubts = fields.IntField(default=0)
    repeated = fields.BooleanField(default=False)
    reason = fields.CharField(max_length=16, null=True)
    detail = fields.CharField(max_length=300, null=True)

    class Meta:
        table = "email_message"


class EmailRecipient(Model):
    """Somebody a message is to, and what became of it there.

    `token` is its own part of the return path, by which a bounce is known, and what the link for unsubscribing names.
    `tried_at` is when a try last took it to them or may have: by that it counts for the mailbox's day.
    """

    id = fields.UUIDField(primary_key=True)
    message = reference("EmailMessage", null=False, cascade=True)
    position = fields.IntField(default=0)
    role = fields.CharField(max_length=3)
    address = fields.CharField(max_length=254)
    address_key = fields.CharField(max_length=254)
    name = fields.CharField(max_length=200, null=True)
    party = reference("Party")
    contact = reference("Contact")
    state = fields.CharField(max_length=8)
    reply = fields.CharField(max_length=300, null=True)
    status_code = fields.CharField(max_length=16, null=True)
    settled_at = fields.DatetimeField(null=True)
    tried_at = fields.DatetimeField(null=True)
    repeated = fields.BooleanField(default=False)
    token = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "email_recipient"


class EmailAttachment(Model):
    """邮件附件. `file` is null where it was not kept: `state` says why."""

    id = fields.UUIDField(primary_key=True)
    message = reference("EmailMessage", null=False, cascade=True)
    position = fields.IntField(default=0)
    name = fields.CharField(max_length=200)
    media_type = fields.CharField(max_length=100)
    size = fields.IntField()
    file = reference("StoredFile")
    content_id = fields.CharField(max_length=200, null=True)
    inline = fields.BooleanField(default=False)
    dangerous = fields.BooleanField(default=False)
    state = fields.CharField(max_length=10, default="KEPT")

    class Meta:
        table = "email_attachment"


class EmailSuggestion(Model):
    """Whom a received message may be from: never linked by itself. `reason` says how it was found, `state` what people said."""

    id = fields.UUIDField(primary_key=True)
    message = reference("EmailMessage", null=False, cascade=True)
    position = fields.IntField(default=0)
    party = reference("Party", null=False, cascade=True)
    contact = reference("Contact", cascade=True)
    reason = fields.CharField(max_length=12)
    address = fields.CharField(max_length=254)
    score = fields.SmallIntField(default=0)
    state = fields.CharField(max_length=9, default="OPEN")

    class Meta:
        table = "email_suggestion"
