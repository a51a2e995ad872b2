"""Mailboxes, who works with them, the rules of what arrives there, texts that are sent again and again, and who wants no mail."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, Record, reference


class EmailAccount(OwnedRecord):
    """电子邮箱. A mailbox: its owner's alone, or shared with members.

    Secrets are encrypted (`core/vault.py`). `next_at` is the gate of its rate: nothing is claimed for it before. What follows
    `receiving` is written by whoever listens to the mailbox, and counts no version up.
    """

    address = fields.CharField(max_length=254)
    address_key = fields.CharField(max_length=254)
    name = fields.CharField(max_length=60)
    display_name = fields.CharField(max_length=100, null=True)
    kind = fields.CharField(max_length=8, default="PERSONAL")
    reply_to = fields.CharField(max_length=254, null=True)
    active = fields.BooleanField(default=True)
    signature_text = fields.TextField(null=True)
    signature_html = fields.TextField(null=True)
    undo_seconds = fields.IntField(default=10)

    smtp_host = fields.CharField(max_length=253, null=True)
    smtp_port = fields.IntField(null=True)
    smtp_security = fields.CharField(max_length=8, default="STARTTLS")
    smtp_user = fields.CharField(max_length=254, null=True)
    sealed_smtp_secret = fields.TextField(null=True)
    return_path = fields.CharField(max_length=254, null=True)
    connections = fields.IntField(default=2)
    per_minute = fields.IntField(default=60)
    per_day = fields.IntField(null=True)
    most_recipients = fields.IntField(default=50)
    largest_megabytes = fields.IntField(default=20)
    next_at = fields.DatetimeField(null=True)
    smtp_state = fields.CharField(max_length=8, default="UNTRIED")
    smtp_error = fields.CharField(max_length=300, null=True)
    smtp_checked_at = fields.DatetimeField(null=True)

    imap_host = fields.CharField(max_length=253, null=True)
    imap_port = fields.IntField(null=True)
    imap_security = fields.CharField(max_length=8, default="TLS")
    imap_user = fields.CharField(max_length=254, null=True)
    sealed_imap_secret = fields.TextField(null=True)
    receiving = fields.BooleanField(default=False)
    imap_folder = fields.CharField(max_length=200, default="INBOX")
    receive_since = fields.DatetimeField(null=True)
    uid_validity = fields.BigIntField(null=True)
    last_uid = fields.BigIntField(null=True)
    imap_state = fields.CharField(max_length=8, default="UNTRIED")
    imap_error = fields.CharField(max_length=300, null=True)
    imap_checked_at = fields.DatetimeField(null=True)
    synced_at = fields.DatetimeField(null=True)

    class Meta:
        table = "email_account"


class EmailMember(Model):
    """Somebody who works with a shared mailbox: who sees it, and where `may_send` also writes from it."""

    id = fields.UUIDField(primary_key=True)
    account = reference("EmailAccount", null=False, cascade=True)
    user = reference("User", null=False)
    position = fields.IntField(default=0)
    may_send = fields.BooleanField(default=True)

    class Meta:
        table = "email_member"


class EmailRule(Model):
    """收信规则. What is done with what arrives, if it fulfils the conditions: `any_of` says whether one of them is enough.

    `conditions` is a list of objects with `field`, `test` and `value`. Rules are tried in their order until one says `stop`.
    """

    id = fields.UUIDField(primary_key=True)
    account = reference("EmailAccount", null=False, cascade=True)
    position = fields.IntField(default=0)
    name = fields.CharField(max_length=60)
    active = fields.BooleanField(default=True)
    any_of = fields.BooleanField(default=False)
    conditions: Any = fields.JSONField()
    folder = fields.CharField(max_length=8, null=True)
    mark_seen = fields.BooleanField(default=False)
    mark_flagged = fields.BooleanField(default=False)
    assignee = reference("User")
    stop = fields.BooleanField(default=True)

    class Meta:
        table = "email_rule"


class EmailTemplate(Record):
    """邮件模板. Subject, text and HTML with placeholders; without HTML it is sent as text alone."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    category = fields.CharField(max_length=10)
    subject = fields.CharField(max_length=200)
    text = fields.TextField()
    html = fields.TextField(null=True)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "email_template"


class EmailTemplateVariable(Model):
    """A placeholder that a template declares, and where its value comes from."""

    id = fields.UUIDField(primary_key=True)
    template = reference("EmailTemplate", null=False, cascade=True)
    position = fields.IntField(default=0)
    name = fields.CharField(max_length=30)
    source = fields.CharField(max_length=14, default="GIVEN")
    longest = fields.IntField(default=50)
    example = fields.CharField(max_length=60, null=True)

    class Meta:
        table = "email_template_variable"


class EmailSuppression(Record):
    """邮件退订. An address that gets nothing in bulk; whoever takes it off the list says that it does again."""

    address = fields.CharField(max_length=254)
    address_key = fields.CharField(max_length=254)
    cause = fields.CharField(max_length=12)
    note = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "email_suppression"
