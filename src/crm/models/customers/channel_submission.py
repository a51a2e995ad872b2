"""Opportunities that channels brought."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, reference


class ChannelSubmission(OwnedRecord):
    """渠道报备. What a partner's person found: whom, what for, how much.

    `customer` and `opportunity` are what it was made into.
    """

    channel = reference("Party", null=False)
    title = fields.CharField(max_length=200)
    customer_name = fields.CharField(max_length=200)
    normalised_name = fields.CharField(max_length=200)
    contact_name = fields.CharField(max_length=100, null=True)
    phone = fields.CharField(max_length=40, null=True)
    phone_e164 = fields.CharField(max_length=40, null=True)
    region = reference("DictionaryItem")
    industry = reference("DictionaryItem")
    amount = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    currency = fields.CharField(max_length=3, default="CNY")
    expected_close_on = fields.DateField(null=True)
    description = fields.TextField(null=True)
    status = fields.CharField(max_length=10, default="SUBMITTED")
    decided_at = fields.DatetimeField(null=True)
    reason = fields.TextField(null=True)
    customer = reference("Party")
    opportunity = reference("Opportunity")

    class Meta:
        table = "channel_submission"
