"""What the subscription `announcements` pushes."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types import Info

from crm.graph.nouns import noun_named, part
from crm.graph.reads import shown
from crm.schema.messaging.announcement import Announcement


async def _announcement(root: Any, info: Info) -> Announcement:
    """The announcement, for whoever is told."""
    return await shown(info, noun_named("Announcement"), root.row.id, root.row)  # type: ignore[no-any-return]


@part(of="Announcement", description="An announcement that was published to the viewer (新公告).")
class AnnouncementNews:
    """Made from anything that has a `cursor` and a `row`."""

    cursor: str = strawberry.field(description="Give it back as `after` to go on behind this event.")
    announcement: Announcement = strawberry.field(resolver=_announcement, description="The announcement as it is now.")
