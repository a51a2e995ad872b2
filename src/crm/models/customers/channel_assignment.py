"""Opportunities that channels were asked to take up."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, reference


class ChannelAssignment(OwnedRecord):
    """机会分配. One offer of one opportunity to one channel, and what became of it; rows that ended are the history.

    `title`, `brief` and `customer_name` are what the channel is told; the last is empty until it has accepted.
    """

    opportunity = reference("Opportunity", null=False)
    channel = reference("Party", null=False)
    title = fields.CharField(max_length=200)
    brief = fields.TextField(null=True)
    customer_name = fields.CharField(max_length=200, null=True)
    status = fields.CharField(max_length=10, default="OFFERED")
    respond_by = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    registered_at = fields.DatetimeField(null=True)
    protected_until = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    reason = fields.TextField(null=True)

    class Meta:
        table = "channel_assignment"
