"""The call-back list: numbers that called and reached nobody."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class CallBack(Model):
    """回电. One number that is owed a call, however often it rang.

    `number_key` is the number by which its calls find it: in E.164, else as it was shown. `call` is its latest missed call, whose
    sight decides who sees the entry; `activity` the task beside it; `answer` the call by which somebody was reached.
    """

    id = fields.UUIDField(primary_key=True)
    created_at = fields.DatetimeField()
    number_key = fields.CharField(max_length=64)
    call = reference("Call", null=False, cascade=True)
    activity = reference("Activity", null=False)
    status = fields.CharField(max_length=10)
    missed_count = fields.IntField(default=1)
    first_missed_at = fields.DatetimeField()
    last_missed_at = fields.DatetimeField()
    due_at = fields.DatetimeField()
    claimed_by = reference("User")
    claimed_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    closed_by = reference("User")
    answer = reference("Call")
    note = fields.TextField(null=True)

    class Meta:
        table = "call_back"
