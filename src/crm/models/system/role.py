"""Roles: what they grant, what they hide, and who has them."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class Role(Record):
    """角色. A named set of grants."""

    name = fields.CharField(max_length=100)
    description = fields.TextField(null=True)
    cost_budget = fields.IntField(null=True)

    class Meta:
        table = "role"


class RoleGrant(Model):
    """One (entity, action) → scope of a role."""

    id = fields.BigIntField(primary_key=True)
    role = reference("Role", null=False, cascade=True)
    entity = fields.CharField(max_length=40)
    action = fields.CharField(max_length=20)
    scope = fields.CharField(max_length=24)

    class Meta:
        table = "role_grant"
        unique_together = (("role_id", "entity", "action"),)


class FieldGrant(Model):
    """A field that a role hides or freezes."""

    id = fields.BigIntField(primary_key=True)
    role = reference("Role", null=False, cascade=True)
    entity = fields.CharField(max_length=40)
    field = fields.CharField(max_length=64)
    restriction = fields.CharField(max_length=10)

    class Meta:
        table = "field_grant"
        unique_together = (("role_id", "entity", "field"),)


class RoleMember(Model):
    """A user's membership of a role."""

    id = fields.BigIntField(primary_key=True)
    role = reference("Role", null=False)
    user = reference("User", null=False)

    class Meta:
        table = "role_member"
        unique_together = (("role_id", "user_id"),)
        indexes = (("user_id",),)


class RightsEpoch(Model):
    """One row. Bumped in the transaction of every change to users, departments, reporting lines, roles and memberships.

    `catalogue` is given anew with every change to the definitions of custom fields, so that what is kept of them has a name.
    """

    id = fields.IntField(primary_key=True)
    epoch = fields.BigIntField(default=1)
    catalogue = fields.UUIDField(null=True)

    class Meta:
        table = "rights_epoch"
