"""Projects."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, reference


class Project(OwnedRecord):
    """项目. What is carried out for a party. `cost` is kept in step with its maintenance; it is no edit of the project."""

    number = fields.CharField(max_length=40, unique=True)
    title = fields.CharField(max_length=200)
    status = fields.CharField(max_length=10, default="PLANNING")
    party = reference("Party", null=False)
    contact = reference("Contact")
    opportunity = reference("Opportunity")
    contract = reference("Contract")
    starts_on = fields.DateField(null=True)
    due_on = fields.DateField(null=True)
    budget = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    cost = fields.DecimalField(max_digits=20, decimal_places=4, default=0)
    started_at = fields.DatetimeField(null=True)
    completed_at = fields.DatetimeField(null=True)
    hold_reason = fields.TextField(null=True)
    cancelled_at = fields.DatetimeField(null=True)
    cancel_reason = fields.TextField(null=True)
    note = fields.TextField(null=True)

    class Meta:
        table = "project"
