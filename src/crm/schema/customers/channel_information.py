"""Information that is published to channels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from crm.graph.nouns import reference
from crm.schema.customers.channel_audience import ChannelAudienceInput


@strawberry.input(description="Information for channels: an announcement to the people who work for them.")
class ChannelInformationInput:
    """渠道资讯."""

    topic: Any = strawberry.field(
        description="About the market, competitors or products, or a notice (类别).",
        graphql_type=reference("messaging.AnnouncementTopic"),
    )
    title: str = strawberry.field(description="What it is about (标题).")
    body: str = strawberry.field(description="What it says (正文), at most 20,000 characters.")
    audience: ChannelAudienceInput = strawberry.field(description="Which channels are meant (渠道范围).")
    must_confirm: strawberry.Maybe[bool] = strawberry.field(description="Whether everybody has to confirm it.")
    expires_at: strawberry.Maybe[datetime | None] = strawberry.field(description="Until when it matters; in the future.")
