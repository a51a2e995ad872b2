"""The counters behind document numbers."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class NumberSeries(Model):
    """单据编号. The last number that was given out of one series in one year."""

    id = fields.BigIntField(primary_key=True)
    prefix = fields.CharField(max_length=10)
    year = fields.SmallIntField()
    given = fields.IntField(default=0)

    class Meta:
        table = "number_series"
        unique_together = (("prefix", "year"),)
