"""Short messages, sent and received, alone and in bulk."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class SmsBatch(OwnedRecord):
    """短信群发. One text to many; each of its messages is a row of its own, those that were refused too.

    `prepared_parts`: the numbers of the parts whose messages are written.
    """

    name = fields.CharField(max_length=100)
    status = fields.CharField(max_length=10, default="PREPARING")
    account = reference("SmsAccount", null=False)
    template = reference("SmsTemplate")
    category = fields.CharField(max_length=10)
    text = fields.TextField()
    given: Any = fields.JSONField()
    send_at = fields.DatetimeField(null=True)
    recipient_count = fields.IntField(default=0)
    prepared_count = fields.IntField(default=0)
    prepared_parts: Any = fields.JSONField(default=list)
    refused_count = fields.IntField(default=0)
    segment_count = fields.IntField(default=0)
    cost = fields.DecimalField(max_digits=20, decimal_places=4, default=0)
    currency = fields.CharField(max_length=3, default="CNY")
    cancelled_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sms_batch"


class SmsMessage(OwnedRecord):
    """短信. Its state follows from what its provider says; `repeated`: it was sent again after an answer that never came.

    `doubts` counts the answers that never came, also when it has left the queue: sent again, it may arrive twice.
    `filed` is false while an activity of its party is still to be made of it.
    """

    direction = fields.CharField(max_length=8)
    state = fields.CharField(max_length=10)
    category = fields.CharField(max_length=10)
    account = reference("SmsAccount", null=False)
    template = reference("SmsTemplate")
    batch = reference("SmsBatch")
    party = reference("Party")
    contact = reference("Contact")
    recipient = reference("User")
    e164 = fields.CharField(max_length=16, null=True)
    number = fields.CharField(max_length=64, null=True)
    text = fields.TextField()
    encoding = fields.CharField(max_length=5)
    segments = fields.IntField()
    cost = fields.DecimalField(max_digits=20, decimal_places=4, default=0)
    currency = fields.CharField(max_length=3, default="CNY")
    send_at = fields.DatetimeField(null=True)
    submitted_at = fields.DatetimeField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    tries = fields.IntField(default=0)
    doubts = fields.IntField(default=0)
    repeated = fields.BooleanField(default=False)
    reason = fields.CharField(max_length=16, null=True)
    detail = fields.CharField(max_length=200, null=True)
    activity = reference("Activity")
    filed = fields.BooleanField(default=False)
    reply_to = reference("SmsMessage")

    class Meta:
        table = "sms_message"


class SmsPart(Model):
    """What the provider calls one part of a message that it took, and where that part stands."""

    id = fields.BigIntField(primary_key=True)
    message = reference("SmsMessage", null=False, cascade=True)
    account = reference("SmsAccount", null=False)
    position = fields.IntField()
    provider_id = fields.CharField(max_length=64)
    state = fields.CharField(max_length=10, default="SUBMITTED")
    reported_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sms_part"
        unique_together = (("account_id", "provider_id"),)


class SmsReport(Model):
    """What a provider told us, each once: `event_key` is its own name for it. `settled`: it was about a message that we know.

    One about a message that nobody knows yet is kept, because it can come before the answer that says what the message is called.
    """

    id = fields.BigIntField(primary_key=True)
    account = reference("SmsAccount", null=False)
    event_key = fields.CharField(max_length=64)
    provider_id = fields.CharField(max_length=64, null=True)
    state = fields.CharField(max_length=10)
    at = fields.DatetimeField()
    received_at = fields.DatetimeField()
    detail = fields.CharField(max_length=200, null=True)
    settled = fields.BooleanField(default=False)

    class Meta:
        table = "sms_report"
        unique_together = (("account_id", "event_key"),)


class Outbound(Model):
    """What waits to be sent, by whatever medium (`services/messaging/outbound.py`); gone once it was sent or given up.

    `due_at` is when it is tried next. While somebody tries it, that is when they are given up: `holder` names their try. `doubts`
    counts the tries whose answer never came. `account_id` is the medium's own. Of what is due, `turn` 0 goes first.
    """

    id = fields.BigIntField(primary_key=True)
    medium = fields.CharField(max_length=5)
    message_id = fields.UUIDField()
    account_id = fields.UUIDField()
    first_due_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    turn = fields.SmallIntField(default=0)
    tries = fields.IntField(default=0)
    doubts = fields.IntField(default=0)
    holder = fields.UUIDField(null=True)

    class Meta:
        table = "outbound"
        unique_together = (("medium", "message_id"),)
