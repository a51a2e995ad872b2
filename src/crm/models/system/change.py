"""The change log and the idempotency keys: what was done, and what must not be done twice."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Change(Model):
    """变更记录. Append-only: one row per verb and record.

    `record_id` and `party_id` have no foreign key: the log outlives a purged record.
    """

    id = fields.UUIDField(primary_key=True)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    party_id = fields.UUIDField(null=True)
    entity = fields.CharField(max_length=40)
    verb = fields.CharField(max_length=60)
    actor = reference("User")
    on_behalf_of = reference("User")
    channel = fields.CharField(max_length=12)
    request_id = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    changes: Any = fields.JSONField()

    class Meta:
        table = "change"
        indexes = (("record_id", "at", "id"), ("party_id", "at", "id"), ("actor_id", "at", "id"), ("at", "id"))


class IdempotencyKey(Model):
    """The first result of a mutation that named a key. Kept for seven days."""

    id = fields.BigIntField(primary_key=True)
    user = reference("User", null=False)
    key = fields.CharField(max_length=100)
    verb = fields.CharField(max_length=60)
    fingerprint = fields.CharField(max_length=64)
    result: Any = fields.JSONField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_key"
        unique_together = (("user_id", "key"),)
        indexes = (("created_at",),)
