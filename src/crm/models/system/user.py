"""A person who signs in, and who reports to whom."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class User(Record):
    """用户. Staff, or a channel partner's person. Never deleted: deactivated, because records name their author for ever."""

    username = fields.CharField(max_length=64)
    display_name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=400)
    kind = fields.CharField(max_length=10, default="STAFF")
    email = fields.CharField(max_length=254, null=True)
    mobile = fields.CharField(max_length=32, null=True)
    extension = fields.CharField(max_length=16, null=True)
    department = reference("Department")
    manager = reference("User")
    channel = reference("Party")
    locale = fields.CharField(max_length=16, default="zh-CN")
    time_zone = fields.CharField(max_length=64, default="Asia/Shanghai")
    quiet_from = fields.CharField(max_length=5, null=True)
    quiet_until = fields.CharField(max_length=5, null=True)
    active = fields.BooleanField(default=True)
    password_hash = fields.CharField(max_length=255)

    class Meta:
        table = "user_account"


class ReportingClosure(Model):
    """Every pair of the reporting line, depth 0 included. Kept by `services/system/hierarchies.py` alone."""

    id = fields.BigIntField(primary_key=True)
    superior = reference("User", null=False)
    subordinate = reference("User", null=False)
    depth = fields.IntField()

    class Meta:
        table = "reporting_closure"
        unique_together = (("superior_id", "subordinate_id"),)
