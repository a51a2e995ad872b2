"""Comments on records."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Comment(Model):
    """评论. What somebody said of a record. Nobody edits one; whoever wrote it can take it back."""

    id = fields.UUIDField(primary_key=True)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    body = fields.TextField()
    internal = fields.BooleanField(default=False)
    author = reference("User")
    created_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "comment"
