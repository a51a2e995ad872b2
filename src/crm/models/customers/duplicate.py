"""What is done about duplicates by which way in, and what looking for them has told people."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class DuplicatePolicy(Record):
    """查重策略. What is done about a record that comes in by one way and is the same in something as another.

    One row for each way, of parties and of contacts.
    """

    subject = fields.CharField(max_length=10)
    entry_point = fields.CharField(max_length=10)
    name = fields.CharField(max_length=10)
    credit_code = fields.CharField(max_length=10)
    phone = fields.CharField(max_length=10)
    email = fields.CharField(max_length=10)

    class Meta:
        table = "duplicate_policy"
        unique_together = (("subject", "entry_point"),)


class DuplicateDisclosure(Model):
    """查重披露. Somebody who looked for duplicates, or made one, was told of a record that they may not see, and who owns it.

    `withheld`: they were not, because it was too many in an hour. `record_id` and `owner_id` have no foreign key: the log
    outlives a purged record.
    """

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    user = reference("User", null=False)
    record_id = fields.UUIDField()
    record_kind = fields.SmallIntField()
    owner_id = fields.UUIDField(null=True)
    withheld = fields.BooleanField(default=False)

    class Meta:
        table = "duplicate_disclosure"
        indexes = (("user_id", "at", "id"), ("at", "id"), ("record_id", "at", "id"))
