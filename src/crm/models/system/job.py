"""Background jobs as people see them. What the worker takes them from are the tables of procrastinate, which have no models."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Job(Model):
    """后台任务. One row beside each of procrastinate's, written in the same transactions; it holds no arguments.

    `queue_id` is the job's number there. `attempts` counts the times it was begun since it was enqueued or retried by hand.
    `cancelling` asks a running job to stop.
    """

    id = fields.UUIDField(primary_key=True)
    queue_id = fields.BigIntField()
    name = fields.CharField(max_length=60)
    state = fields.CharField(max_length=12)
    attempts = fields.IntField(default=0)
    most_attempts = fields.IntField()
    starter = reference("User")
    created_at = fields.DatetimeField()
    due_at = fields.DatetimeField(null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    reason = fields.CharField(max_length=200, null=True)
    cancelling = fields.BooleanField(default=False)
    phase = fields.CharField(max_length=60, null=True)
    steps_done = fields.IntField(null=True)
    steps_total = fields.IntField(null=True)

    class Meta:
        table = "job"
