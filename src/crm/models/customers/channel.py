"""How channels are grouped: by group, and by the territory they sell in."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class ChannelGroup(Record):
    """渠道分组."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    description = fields.TextField(null=True)

    class Meta:
        table = "channel_group"


class Territory(Record):
    """销售区域. A tree of its own; each names the regions it covers, which are a dictionary."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    parent = reference("Territory")

    class Meta:
        table = "territory"


class TerritoryRegion(Model):
    """One region that a territory covers, with all below it."""

    id = fields.UUIDField(primary_key=True)
    territory = reference("Territory", null=False, cascade=True)
    region = reference("DictionaryItem", null=False)
    position = fields.IntField(default=0)

    class Meta:
        table = "territory_region"
