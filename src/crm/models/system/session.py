"""Sign-in: sessions and the attempts that limit guessing."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Session(Model):
    """会话. A signed-in device. Only the SHA-256 of its token is stored, so a stolen table signs nobody in."""

    id = fields.UUIDField(primary_key=True)
    user = reference("User", null=False)
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    address = fields.CharField(max_length=64, null=True)
    user_agent = fields.CharField(max_length=300, null=True)

    class Meta:
        table = "session"


class SignInAttempt(Model):
    """One attempt, counted before the password is looked at, so that parallel guesses cannot slip past the limit."""

    id = fields.BigIntField(primary_key=True)
    username = fields.CharField(max_length=64)
    address = fields.CharField(max_length=64)
    at = fields.DatetimeField()
    succeeded = fields.BooleanField(default=False)

    class Meta:
        table = "sign_in_attempt"
        indexes = (("address", "at"),)
