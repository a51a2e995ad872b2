"""Notifications: what somebody else did that a person wants to know of."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Notification(Model):
    """通知. The record is named by its id alone: whether it may be seen, and what it is called, is asked when it is shown."""

    id = fields.UUIDField(primary_key=True)
    user = reference("User", null=False)
    kind = fields.CharField(max_length=20)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    actor = reference("User")
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notification"
