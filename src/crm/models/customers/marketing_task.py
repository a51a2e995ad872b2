"""Marketing tasks, and how far each channel is with them."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class MarketingTask(OwnedRecord):
    """营销任务. What channels are asked to do, by when."""

    title = fields.CharField(max_length=200)
    description = fields.TextField(null=True)
    due_on = fields.DateField(null=True)
    status = fields.CharField(max_length=10, default="DRAFT")
    dispatched_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "marketing_task"


class ChannelTask(Model):
    """渠道任务. One channel's part of a marketing task: how far it is, in whole per cent, and what it says of it."""

    id = fields.UUIDField(primary_key=True)
    marketing_task = reference("MarketingTask", null=False, cascade=True)
    channel = reference("Party", null=False)
    dispatched_at = fields.DatetimeField()
    state = fields.CharField(max_length=10, default="TODO")
    percent = fields.SmallIntField(default=0)
    report = fields.TextField(null=True)
    reported_at = fields.DatetimeField(null=True)
    reported_by = reference("User")

    class Meta:
        table = "channel_task"
        unique_together = (("marketing_task_id", "channel_id"),)
