"""Files that people attach to records."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class StoredFile(Model):
    """文件. Its content is kept under its hash (`store/blobs.py`), once for however many files have it.

    Until it is attached to a record it is its uploader's, who alone can do that; one that nobody attaches is thrown away.
    """

    id = fields.UUIDField(primary_key=True)
    record_id = fields.UUIDField(null=True)
    record_kind = fields.SmallIntField(null=True)
    name = fields.CharField(max_length=200)
    media_type = fields.CharField(max_length=100)
    size = fields.IntField()
    sha256 = fields.CharField(max_length=64)
    author = reference("User")
    created_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "stored_file"
