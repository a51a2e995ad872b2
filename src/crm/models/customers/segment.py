"""Segments: groups of customers, channels, suppliers or contacts, saved under a name."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class Segment(OwnedRecord):
    """客群. DYNAMIC: whatever the stored filter finds when it is read; STATIC: the records that stand in its table of members.

    `asked` is the filter as a client wrote it, as JSON in the names of the schema.
    """

    name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=400)
    description = fields.TextField(null=True)
    holds = fields.CharField(max_length=10)
    kind = fields.CharField(max_length=10)
    asked = fields.TextField(null=True)
    frozen_at = fields.DatetimeField(null=True)

    class Meta:
        table = "segment"


class SegmentUse(Model):
    """That the filter of one segment names another."""

    id = fields.BigIntField(primary_key=True)
    segment = reference("Segment", null=False, cascade=True)
    used = reference("Segment", null=False)

    class Meta:
        table = "segment_use"
        unique_together = (("segment_id", "used_id"),)
        indexes = (("used_id", "segment_id"),)


class SegmentMember(Model):
    """A record in a static segment. It has no foreign key: it may stand in one of several tables."""

    id = fields.BigIntField(primary_key=True)
    segment = reference("Segment", null=False, cascade=True)
    record_id = fields.UUIDField()

    class Meta:
        table = "segment_member"
        unique_together = (("segment_id", "record_id"),)
        indexes = (("record_id", "segment_id"),)
