"""Calendar feeds: addresses by which telephones and mail programs read somebody's calendar."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class CalendarFeed(Model):
    """日历订阅. Only the SHA-256 of its token is stored: the address is told once, when the feed is made."""

    id = fields.UUIDField(primary_key=True)
    user = reference("User", null=False)
    name = fields.CharField(max_length=100)
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "calendar_feed"
