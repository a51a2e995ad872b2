"""Announcements, whom they are meant for, and who has seen them."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class Announcement(OwnedRecord):
    """公告."""

    topic = fields.CharField(max_length=10, default="NOTICE")
    title = fields.CharField(max_length=200)
    body = fields.TextField()
    status = fields.CharField(max_length=10, default="DRAFT")
    pinned = fields.BooleanField(default=False)
    must_confirm = fields.BooleanField(default=False)
    publish_at = fields.DatetimeField(null=True)
    published_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    withdrawn_at = fields.DatetimeField(null=True)

    class Meta:
        table = "announcement"


class AnnouncementAudience(Model):
    """Whom an announcement is meant for: a user, a department with all below it, a role, or everyone."""

    id = fields.UUIDField(primary_key=True)
    announcement = reference("Announcement", null=False, cascade=True)
    principal = reference("Principal", null=False)
    position = fields.IntField(default=0)

    class Meta:
        table = "announcement_audience"


class AnnouncementReceipt(Model):
    """One person the announcement was published to, and what became of it there."""

    id = fields.UUIDField(primary_key=True)
    announcement = reference("Announcement", null=False, cascade=True)
    user = reference("User", null=False)
    delivered_at = fields.DatetimeField(null=True)
    read_at = fields.DatetimeField(null=True)
    confirmed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "announcement_receipt"
        unique_together = (("announcement_id", "user_id"),)
