"""Tags and what they are put on."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class Tag(Record):
    """标签. A free label for records of any kind."""

    name = fields.CharField(max_length=50)
    colour = fields.CharField(max_length=7, null=True)

    class Meta:
        table = "tag"


class RecordTag(Model):
    """A tag on a record."""

    id = fields.BigIntField(primary_key=True)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    tag = reference("Tag", null=False, cascade=True)

    class Meta:
        table = "record_tag"
        unique_together = (("record_id", "tag_id"),)
        indexes = (("tag_id", "record_id"),)
