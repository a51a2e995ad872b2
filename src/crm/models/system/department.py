"""Departments and their tree."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class Department(Record):
    """部门. A node of the organisation's tree."""

    name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=400)
    parent = reference("Department")
    head = reference("User")

    class Meta:
        table = "department"


class DepartmentClosure(Model):
    """Every (ancestor, descendant) pair, depth 0 included. Kept by `services/system/hierarchies.py` alone."""

    id = fields.BigIntField(primary_key=True)
    ancestor = reference("Department", null=False)
    descendant = reference("Department", null=False)
    depth = fields.IntField()

    class Meta:
        table = "department_closure"
        unique_together = (("ancestor_id", "descendant_id"),)
