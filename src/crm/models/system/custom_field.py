"""Fields that administrators add to the records of an entity, and what stands in them."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class CustomField(Record):
    """自定义字段. What can be said of every record of an entity. Retired when it is no longer wanted; its values stay."""

    entity = fields.CharField(max_length=40)
    key = fields.CharField(max_length=40)
    type = fields.CharField(max_length=12)
    label_zh = fields.CharField(max_length=100)
    label_en = fields.CharField(max_length=100)
    dictionary = reference("Dictionary")
    target = fields.CharField(max_length=40, null=True)
    required = fields.BooleanField(default=False)
    distinct_values = fields.BooleanField(default=False)
    default_value = fields.CharField(max_length=500, null=True)
    filterable = fields.BooleanField(default=True)
    sortable = fields.BooleanField(default=False)
    importable = fields.BooleanField(default=True)
    position = fields.IntField(default=0)
    active = fields.BooleanField(default=True)

    class Meta:
        table = "custom_field"


class CustomValue(Model):
    """One value of one field of one record, in the column of its type. Of several options each has a row.

    `text_key` is what texts are put in order by. `taken` stands for the value of a field whose values must differ; null while the
    record lies in the recycle bin. `target_id` has no foreign key: it may name a record of any kind, and outlives a purged one.
    """

    id = fields.UUIDField(primary_key=True)
    field = reference("CustomField", null=False)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    position = fields.SmallIntField(default=0)
    text = fields.CharField(max_length=500, null=True)
    text_key = fields.CharField(max_length=200, null=True)
    number = fields.DecimalField(max_digits=20, decimal_places=4, null=True)
    day = fields.DateField(null=True)
    yes_no = fields.BooleanField(null=True)
    option = reference("DictionaryItem")
    user = reference("User")
    target_id = fields.UUIDField(null=True)
    taken = fields.CharField(max_length=32, null=True)

    class Meta:
        table = "custom_value"
