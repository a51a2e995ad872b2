"""Contracts."""

from __future__ import annotations

from tortoise import fields

from crm.models.document import Document
from crm.models.record import reference


class Contract(Document):
    """合同. Made from a customer, channel or supplier."""

    title = fields.CharField(max_length=200)
    kind = fields.CharField(max_length=10)
    party = reference("Party", null=False)
    contact = reference("Contact")
    opportunity = reference("Opportunity")
    amount = fields.DecimalField(max_digits=20, decimal_places=4, default=0)
    signed_on = fields.DateField(null=True)
    starts_on = fields.DateField(null=True)
    ends_on = fields.DateField(null=True)
    our_signer = reference("User")
    their_signer = fields.CharField(max_length=100, null=True)
    approved_by = reference("User")
    approved_at = fields.DatetimeField(null=True)
    reject_reason = fields.TextField(null=True)
    note = fields.TextField(null=True)

    class Meta:
        table = "contract"
