"""People at parties."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, reference


class Contact(OwnedRecord):
    """联系人. A person at a customer, channel or supplier. `merged_into` as of a party."""

    party = reference("Party", null=False)
    name = fields.CharField(max_length=100)
    name_key = fields.CharField(max_length=400)
    title = fields.CharField(max_length=100, null=True)
    department_name = fields.CharField(max_length=100, null=True)
    primary = fields.BooleanField(default=False)
    birthday_on = fields.DateField(null=True)
    note = fields.TextField(null=True)
    merged_into = reference("Contact")

    class Meta:
        table = "contact"
