"""The outbox: what happened, written in the transaction in which it happened, and the numbers its readers resume by."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model


class Event(Model):
    """事件. Ids and no data: whoever is told reads the record anew, under their own rights.

    `id` is in the order of writing, `seq` in the order in which commits became visible: the relay stamps it, and cursors hold it.
    An empty `audience` means that visibility alone decides who is told.
    """

    id = fields.BigIntField(primary_key=True)
    seq = fields.BigIntField(null=True)
    topic = fields.CharField(max_length=40)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    audience = ArrayField(element_type="uuid")
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "event"


class EventStream(Model):
    """One row: the epoch, which changes only when the database is restored from a backup, and the last number stamped."""

    id = fields.IntField(primary_key=True)
    epoch = fields.BigIntField()
    last_seq = fields.BigIntField(default=0)

    class Meta:
        table = "event_stream"


class EventHorizon(Model):
    """Up to which number the events of a topic have been forgotten: a cursor before it has lost its history."""

    topic = fields.CharField(max_length=40, primary_key=True)
    seq = fields.BigIntField()

    class Meta:
        table = "event_horizon"
