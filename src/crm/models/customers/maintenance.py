"""After-sales maintenance."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, reference


class Maintenance(OwnedRecord):
    """后期维护. One piece of work on what was delivered to a party."""

    title = fields.CharField(max_length=200)
    status = fields.CharField(max_length=12, default="PLANNED")
    party = reference("Party", null=False)
    contact = reference("Contact")
    delivery = reference("Delivery")
    project = reference("Project")
    product = fields.CharField(max_length=500, null=True)
    warranty_ends_on = fields.DateField(null=True)
    due_on = fields.DateField(null=True)
    started_at = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)
    result = fields.TextField(null=True)
    cost = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancel_reason = fields.TextField(null=True)
    note = fields.TextField(null=True)

    class Meta:
        table = "maintenance"
