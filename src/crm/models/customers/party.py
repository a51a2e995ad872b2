"""Customers, channels and suppliers: one table over one core."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, reference


class Party(OwnedRecord):
    """客户、渠道、供应商. `type` says which of the three, and never changes.

    `merged_into` is the party that stands for this one since they were merged; it is in the recycle bin then.


    The last three are about the public pool: a customer that nobody dealt with since its owner has it is recycled, unless it is
    protected; `recycle_warned_at` is when the owner was told that this is near.


    A channel has a group and a territory, a customer the channel that serves it.
    """

    type = fields.CharField(max_length=10)
    name = fields.CharField(max_length=200)
    short_name = fields.CharField(max_length=100, null=True)
    name_key = fields.CharField(max_length=800)
    normalised_name = fields.CharField(max_length=200)
    credit_code = fields.CharField(max_length=32, null=True)
    level = reference("DictionaryItem")
    category = reference("DictionaryItem")
    source = reference("DictionaryItem")
    industry = reference("DictionaryItem")
    region = reference("DictionaryItem")
    credit_grade = reference("DictionaryItem")
    credit_limit = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    payment_terms_days = fields.IntField(null=True)
    website = fields.CharField(max_length=200, null=True)
    lifecycle = fields.CharField(max_length=10, default="LEAD")
    parent = reference("Party")
    last_contact_at = fields.DatetimeField(null=True)
    next_contact_at = fields.DatetimeField(null=True)
    contact_cycle_days = fields.IntField(null=True)
    note = fields.TextField(null=True)
    merged_into = reference("Party")
    owner_since = fields.DatetimeField(null=True)
    protected_until = fields.DatetimeField(null=True)
    recycle_warned_at = fields.DatetimeField(null=True)
    channel_group = reference("ChannelGroup")
    territory = reference("Territory")
    channel = reference("Party")

    class Meta:
        table = "party"
