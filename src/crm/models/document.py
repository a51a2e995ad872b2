"""`Document` and `Line`: the bases of quotes, orders, contracts and every other numbered paper."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord


class Document(OwnedRecord):
    """A numbered paper with a flow. The number is allotted at creation, gapless per series, and never used again."""

    number = fields.CharField(max_length=40, unique=True)
    status = fields.CharField(max_length=20)
    submitted_at = fields.DatetimeField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancel_reason = fields.TextField(null=True)
    currency = fields.CharField(max_length=3)
    exchange_rate = fields.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        abstract = True


class Line(Model):
    """One line of a document. Each concrete line adds its document, by a cascading reference."""

    id = fields.UUIDField(primary_key=True)
    position = fields.IntField()
    description = fields.TextField(null=True)
    quantity = fields.DecimalField(max_digits=18, decimal_places=4)
    unit = fields.CharField(max_length=20, null=True)
    unit_price = fields.DecimalField(max_digits=20, decimal_places=6)
    discount_percent = fields.DecimalField(max_digits=9, decimal_places=4, null=True)
    discount_amount = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    tax_rate = fields.DecimalField(max_digits=9, decimal_places=4, default=0)
    amount = fields.DecimalField(max_digits=20, decimal_places=4)

    class Meta:
        abstract = True
