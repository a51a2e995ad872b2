"""Principals and shares: who else may read or edit a record."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Principal(Model):
    """The key of everybody a record can be shared with: users, departments, roles, and EVERYONE."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.SmallIntField()

    class Meta:
        table = "principal"


class Share(Model):
    """共享. One record, one principal, one access, for one cause."""

    id = fields.UUIDField(primary_key=True)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    principal = reference("Principal", null=False)
    access = fields.CharField(max_length=4)
    cause = fields.CharField(max_length=10)
    granted_by = reference("User")
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)

    class Meta:
        table = "share"
        unique_together = (("record_id", "principal_id", "cause"),)
        indexes = (("principal_id", "record_kind", "record_id"),)
