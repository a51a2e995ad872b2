"""The block list: numbers whose calls ring nobody."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import Record


class BlockedNumber(Record):
    """黑名单号码. One number, all numbers that begin alike, or all that are withheld.

    `pattern` is what calls are compared with: E.164, or the bare digits of what has no such form. Null where `match` is WITHHELD.
    """

    match = fields.CharField(max_length=10)
    number = fields.CharField(max_length=64, null=True)
    pattern = fields.CharField(max_length=24, null=True)
    direction = fields.CharField(max_length=10, null=True)
    reason = fields.CharField(max_length=200, null=True)
    until = fields.DatetimeField(null=True)

    class Meta:
        table = "blocked_number"
