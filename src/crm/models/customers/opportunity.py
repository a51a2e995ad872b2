"""Opportunities and the pipelines they move through."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, Record, reference


class Pipeline(Record):
    """销售管道. An ordered set of stages."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    position = fields.IntField(default=0)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "pipeline"


class Stage(Model):
    """阶段. `probability` in whole per cent. A stage that is no longer offered keeps its row, because histories name it."""

    id = fields.UUIDField(primary_key=True)
    pipeline = reference("Pipeline", null=False, cascade=True)
    position = fields.IntField(default=0)
    name = fields.CharField(max_length=60)
    probability = fields.SmallIntField()
    active = fields.BooleanField(default=True)

    class Meta:
        table = "stage"


class Opportunity(OwnedRecord):
    """销售机会. What may be sold to a party, how likely, and when."""

    title = fields.CharField(max_length=200)
    party = reference("Party", null=False)
    contact = reference("Contact")
    pipeline = reference("Pipeline", null=False)
    stage = reference("Stage", null=False)
    status = fields.CharField(max_length=10, default="OPEN")
    amount = fields.DecimalField(max_digits=20, decimal_places=4, default=0)
    currency = fields.CharField(max_length=3, default="CNY")
    probability = fields.SmallIntField()
    weighted_amount = fields.DecimalField(max_digits=20, decimal_places=4, default=0)
    expected_close_on = fields.DateField(null=True)
    closed_at = fields.DatetimeField(null=True)
    lost_reason = reference("DictionaryItem")
    lost_note = fields.TextField(null=True)
    won_reason = reference("DictionaryItem")
    won_note = fields.TextField(null=True)
    hold_reason = reference("DictionaryItem")
    hold_note = fields.TextField(null=True)
    resume_on = fields.DateField(null=True)
    note = fields.TextField(null=True)

    class Meta:
        table = "opportunity"


class StageChange(Model):
    """One stay of an opportunity in a stage; the open one has no end."""

    id = fields.UUIDField(primary_key=True)
    opportunity = reference("Opportunity", null=False, cascade=True)
    stage = reference("Stage", null=False)
    entered_at = fields.DatetimeField()
    left_at = fields.DatetimeField(null=True)
    amount = fields.DecimalField(max_digits=20, decimal_places=4)
    changed_by = reference("User")

    class Meta:
        table = "stage_change"
