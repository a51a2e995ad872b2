"""The public pool: its rules, and when which customer lay in it."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class PoolPolicy(Record):
    """公海规则. There is one. Days and limits that are null do not hold."""

    recycle_days = fields.IntField(null=True)
    warn_days = fields.IntField(default=3)
    most_owned = fields.IntField(null=True)
    claims_per_day = fields.IntField(null=True)
    protect_days = fields.IntField(default=30)
    most_protected = fields.IntField(default=20)
    reclaim_days = fields.IntField(null=True)

    class Meta:
        table = "pool_policy"


class PoolLevel(Model):
    """级别回收天数. After how many days customers of one level are recycled, instead of the rule for all; null is never."""

    id = fields.UUIDField(primary_key=True)
    policy = reference("PoolPolicy", null=False, cascade=True)
    position = fields.IntField(default=0)
    level = reference("DictionaryItem", null=False)
    recycle_days = fields.IntField(null=True)

    class Meta:
        table = "pool_level"


class PoolStay(Model):
    """公海记录. One time that a customer lay in the pool; the open one has no end."""

    id = fields.UUIDField(primary_key=True)
    party = reference("Party", null=False, cascade=True)
    entered_at = fields.DatetimeField()
    cause = fields.CharField(max_length=10)
    reason = fields.TextField(null=True)
    former_owner = reference("User")
    returned_by = reference("User")
    left_at = fields.DatetimeField(null=True)
    exit = fields.CharField(max_length=11, null=True)
    owner = reference("User")
    handed_by = reference("User")

    class Meta:
        table = "pool_stay"
