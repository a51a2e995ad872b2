"""The ledger of merges: what was merged into what, and all it takes to undo it for thirty days."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Merge(Model):
    """合并记录. `record_id` is the survivor, `merged_id` the record that it stands for since.

    Neither has a foreign key: the ledger goes by its age, and must not keep a record from being purged. `kept` is what a merge
    does not move but writes: the values of the survivor that changed, and its lists.
    """

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    actor = reference("User")
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    merged_id = fields.UUIDField()
    merged_name = fields.CharField(max_length=200)
    expires_at = fields.DatetimeField()
    undone_at = fields.DatetimeField(null=True)
    undone_by = reference("User")
    kept: Any = fields.JSONField()

    class Meta:
        table = "merge"


class MergeItem(Model):
    """One row that a merge gave another record to name: in which table and column (`place`), with which version it left it.

    `dropped` is the whole row where it could not stay beside one of the survivor's.
    """

    id = fields.BigIntField(primary_key=True)
    merge = reference("Merge", null=False, cascade=True)
    place = fields.CharField(max_length=100)
    row_key = fields.CharField(max_length=40)
    version = fields.IntField(null=True)
    dropped: Any = fields.JSONField(null=True)

    class Meta:
        table = "merge_item"
