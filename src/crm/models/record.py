"""What every row shares: `Record`, and `OwnedRecord` for rows that belong to a person and a department.

Columns only. Rights live in `access`, rules in `rules`, writing in `services/records.py`.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


def reference(model: str, *, null: bool = True, cascade: bool = False) -> Any:
    """A foreign key without a reverse name: relations are read through `graph`, never through a row.

    `on_delete` is stated because the ORM's own default is CASCADE (deleting a department would delete its people); only value
    rows and lines go with the document they are part of (`cascade=True`).
    """
    action = fields.CASCADE if cascade else fields.RESTRICT
    declare: Any = fields.ForeignKeyField  # its overloads want a literal `null`
    return declare(f"crm.{model}", related_name=False, null=null, on_delete=action)


class Record(Model):
    """A row with an id, an author, an optimistic lock and a recycle bin."""

    id = fields.UUIDField(primary_key=True)
    created_at = fields.DatetimeField()
    created_by = reference("User")
    updated_at = fields.DatetimeField()
    updated_by = reference("User")
    version = fields.IntField(default=1)
    deleted_at = fields.DatetimeField(null=True)
    deleted_by = reference("User")

    class Meta:
        abstract = True


class OwnedRecord(Record):
    """A record that has an owner and the owner's department of the day it was created or transferred."""

    owner = reference("User")
    department = reference("Department")

    class Meta:
        abstract = True
