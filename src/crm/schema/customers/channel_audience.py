"""Whom something for channels is meant for."""

from __future__ import annotations

import strawberry

WHOM = (
    "Which channels are meant. What is named of one sort widens, different sorts narrow; channels that are named come on top."
    " Each takes at most 50, with all that lies below. Resolved at the moment it is sent."
)


@strawberry.input(description=WHOM)
class ChannelAudienceInput:
    """渠道范围."""

    region_ids: list[strawberry.ID] | None = strawberry.field(description="In these regions (地区).", default=None)
    territory_ids: list[strawberry.ID] | None = strawberry.field(
        description="In these territories, or in regions that they cover (销售区域).", default=None
    )
    channel_group_ids: list[strawberry.ID] | None = strawberry.field(description="In these groups (渠道分组).", default=None)
    industry_ids: list[strawberry.ID] | None = strawberry.field(description="In these industries (行业).", default=None)
    channel_ids: list[strawberry.ID] | None = strawberry.field(description="These channels, whatever else (渠道).", default=None)
