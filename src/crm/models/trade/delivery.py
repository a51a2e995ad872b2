"""Deliveries: what was sent to whom, by whom, and who pays for it."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.document import Document
from crm.models.record import reference


class Delivery(Document):
    """发货单."""

    party = reference("Party", null=False)
    contact = reference("Contact")
    contract = reference("Contract")
    recipient = fields.CharField(max_length=100, null=True)
    phone = fields.CharField(max_length=64, null=True)
    address = fields.CharField(max_length=300, null=True)
    courier = fields.CharField(max_length=60, null=True)
    waybill = fields.CharField(max_length=60, null=True)
    shipped_on = fields.DateField(null=True)
    delivered_at = fields.DatetimeField(null=True)
    returned_at = fields.DatetimeField(null=True)
    return_reason = fields.TextField(null=True)
    freight = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    freight_payer = fields.CharField(max_length=12, null=True)
    note = fields.TextField(null=True)

    class Meta:
        table = "delivery"


class DeliveryLine(Model):
    """One thing that is sent. Its price stands on the order or contract."""

    id = fields.UUIDField(primary_key=True)
    delivery = reference("Delivery", null=False, cascade=True)
    position = fields.IntField(default=0)
    product = fields.CharField(max_length=200)
    description = fields.TextField(null=True)
    quantity = fields.DecimalField(max_digits=18, decimal_places=4)
    unit = fields.CharField(max_length=20, null=True)

    class Meta:
        table = "delivery_line"
