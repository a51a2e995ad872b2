"""Administrator-edited lists: levels, sources, industries, regions and the like."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import Record, reference


class Dictionary(Record):
    """系统选项. One list, found by its code."""

    code = fields.CharField(max_length=40)
    name_zh = fields.CharField(max_length=100)
    name_en = fields.CharField(max_length=100)

    class Meta:
        table = "dictionary"


class DictionaryItem(Record):
    """选项. One entry; deactivated, never deleted while a record uses it. Regions form a tree by `parent`."""

    dictionary = reference("Dictionary", null=False)
    code = fields.CharField(max_length=40)
    label_zh = fields.CharField(max_length=100)
    label_en = fields.CharField(max_length=100)
    position = fields.IntField(default=0)
    colour = fields.CharField(max_length=7, null=True)
    active = fields.BooleanField(default=True)
    parent = reference("DictionaryItem")

    class Meta:
        table = "dictionary_item"
