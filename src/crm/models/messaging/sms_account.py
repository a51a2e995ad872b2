"""Accounts by which short messages are sent, the texts that are sent again and again, and who wants none."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class SmsAccount(Record):
    """短信账号. A provider, or a way of our own, with its signature, its prices and how much it bears.

    `sealed_secret` is encrypted (`core/vault.py`). `next_at` is the gate of its rate: nothing is claimed for it before.
    """

    code = fields.CharField(max_length=40)
    name = fields.CharField(max_length=60)
    driver = fields.CharField(max_length=12)
    url = fields.CharField(max_length=200, null=True)
    sealed_secret = fields.TextField(null=True)
    sender = fields.CharField(max_length=20, null=True)
    signature = fields.CharField(max_length=20, null=True)
    opt_out_text = fields.CharField(max_length=20, null=True)
    per_second = fields.IntField(default=10)
    per_number_per_day = fields.IntField(null=True)
    quiet_from = fields.CharField(max_length=5, null=True)
    quiet_until = fields.CharField(max_length=5, null=True)
    time_zone = fields.CharField(max_length=64, default="Asia/Shanghai")
    segment_price = fields.DecimalField(max_digits=20, decimal_places=6, default=0)
    currency = fields.CharField(max_length=3, default="CNY")
    primary = fields.BooleanField(default=False)
    active = fields.BooleanField(default=True)
    next_at = fields.DatetimeField(null=True)

    class Meta:
        table = "sms_account"


class SmsTemplate(Record):
    """短信模板. A text with placeholders; `provider_code` is what the provider that approved it calls it."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    category = fields.CharField(max_length=10)
    text = fields.TextField()
    provider_code = fields.CharField(max_length=60, null=True)
    account = reference("SmsAccount")
    active = fields.BooleanField(default=True)

    class Meta:
        table = "sms_template"


class SmsTemplateVariable(Model):
    """A placeholder that a template declares, and where its value comes from."""

    id = fields.UUIDField(primary_key=True)
    template = reference("SmsTemplate", null=False, cascade=True)
    position = fields.IntField(default=0)
    name = fields.CharField(max_length=30)
    source = fields.CharField(max_length=14, default="GIVEN")
    longest = fields.IntField(default=50)
    example = fields.CharField(max_length=60, null=True)

    class Meta:
        table = "sms_template_variable"


class SmsOptOut(Record):
    """短信退订. A number that wants no messages; whoever takes it off the list says that it does again."""

    number = fields.CharField(max_length=64)
    e164 = fields.CharField(max_length=16)
    cause = fields.CharField(max_length=10)
    note = fields.CharField(max_length=200, null=True)

    class Meta:
        table = "sms_opt_out"
