"""What the search centre finds records by."""

from __future__ import annotations

from tortoise import fields
from tortoise.contrib.postgres.fields import TSVectorField
from tortoise.models import Model


class SearchEntry(Model):
    """检索条目. The tokens of one record that is not deleted, kept by whatever writes the record, in the same transaction.

    `record_id` and `party_id` have no foreign key: records of any kind are named, and entries only follow them. `format` is the
    way in which the tokens were made.
    """

    record_id = fields.UUIDField(primary_key=True)
    record_kind = fields.SmallIntField()
    party_id = fields.UUIDField(null=True)
    format = fields.SmallIntField()
    tokens = TSVectorField()

    class Meta:
        table = "search_entry"
