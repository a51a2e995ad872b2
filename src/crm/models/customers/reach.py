"""How a party or a contact is reached: phone numbers, e-mail addresses, postal addresses.

Value rows: each belongs to exactly one party or contact (a check constraint says so) and goes with it.
"""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import reference


class Reach(Model):
    """What the three have in common."""

    id = fields.UUIDField(primary_key=True)
    party = reference("Party", cascade=True)
    contact = reference("Contact", cascade=True)
    position = fields.IntField(default=0)
    label = fields.CharField(max_length=40, null=True)
    primary = fields.BooleanField(default=False)

    class Meta:
        abstract = True


class PhoneNumber(Reach):
    """电话号码. `tail` is the last eight digits, for finding callers whose area code is doubtful."""

    written = fields.CharField(max_length=64)
    e164 = fields.CharField(max_length=16, null=True)
    extension = fields.CharField(max_length=16, null=True)
    tail = fields.BigIntField(null=True)
    display = fields.CharField(max_length=64)

    class Meta:
        table = "phone_number"


class EmailAddress(Reach):
    """电子邮件地址."""

    address = fields.CharField(max_length=254)

    class Meta:
        table = "email_address"


class Address(Reach):
    """地址."""

    country = fields.CharField(max_length=2, default="CN")
    region = reference("DictionaryItem")
    street = fields.CharField(max_length=200)
    city = fields.CharField(max_length=100, null=True)
    postal_code = fields.CharField(max_length=16, null=True)

    class Meta:
        table = "address"
