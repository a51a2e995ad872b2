"""Ring groups: whose telephones ring together, and on which numbers. And how agents want to be found."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class RingGroup(Record):
    """振铃组. `strategy` tells people how the switchboard rings it; popups go to every member."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    strategy = fields.CharField(max_length=20, default="RING_ALL")
    ring_seconds = fields.IntField(default=60)

    class Meta:
        table = "ring_group"


class RingGroupNumber(Model):
    """A number that people dial to reach the group, as the switchboard writes it."""

    id = fields.UUIDField(primary_key=True)
    ring_group = reference("RingGroup", null=False, cascade=True)
    position = fields.IntField(default=0)
    number = fields.CharField(max_length=64)

    class Meta:
        table = "ring_group_number"


class RingGroupMember(Model):
    """Somebody whose telephone rings with the group."""

    id = fields.UUIDField(primary_key=True)
    ring_group = reference("RingGroup", null=False, cascade=True)
    position = fields.IntField(default=0)
    user = reference("User", null=False)

    class Meta:
        table = "ring_group_member"
        unique_together = (("ring_group_id", "user_id"),)


class AgentPresence(Model):
    """座席状态 as the agent has chosen it: ready for calls or away. What sockets and calls say comes on top."""

    id = fields.BigIntField(primary_key=True)
    user = reference("User", null=False)
    chosen = fields.CharField(max_length=10)
    since = fields.DatetimeField()

    class Meta:
        table = "agent_presence"
        unique_together = (("user_id",),)


class ToldPresence(Model):
    """How an agent was found when that was last told (座席状态): news of presence is what differs from it."""

    id = fields.BigIntField(primary_key=True)
    user = reference("User", null=False)
    state = fields.CharField(max_length=10)
    told_at = fields.DatetimeField()

    class Meta:
        table = "told_presence"
        unique_together = (("user_id",),)
