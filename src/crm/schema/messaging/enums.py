"""The enums of the communications centre, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.messaging.announcement_flow import AnnouncementStatus, AnnouncementVerb

strawberry.enum(AnnouncementStatus, description="Where an announcement stands (公告状态).")
strawberry.enum(AnnouncementVerb, description="What can be done with an announcement next; it expires by the clock alone.")

__all__ = ["AnnouncementStatus", "AnnouncementVerb"]
