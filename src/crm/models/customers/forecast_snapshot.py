"""What was expected to be sold, week by week."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class ForecastSnapshot(Model):
    """预测快照. The opportunities of one owner, pipeline, month, status and currency, summed up at the start of a week.

    Rows are written once and never change. A sum has more digits than its parts.
    """

    id = fields.UUIDField(primary_key=True)
    week_on = fields.DateField()
    owner = reference("User")
    department = reference("Department")
    pipeline = reference("Pipeline", null=False)
    month_on = fields.DateField(null=True)
    status = fields.CharField(max_length=10)
    currency = fields.CharField(max_length=3)
    opportunity_count = fields.IntField()
    amount = fields.DecimalField(max_digits=26, decimal_places=4)
    weighted_amount = fields.DecimalField(max_digits=26, decimal_places=4)
    taken_at = fields.DatetimeField()

    class Meta:
        table = "forecast_snapshot"
