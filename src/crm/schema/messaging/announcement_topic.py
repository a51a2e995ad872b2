"""What announcements are about: apart from the other enums, because inputs of other rooms name it."""

from __future__ import annotations

import strawberry

from crm.rules.messaging.announcement_flow import AnnouncementTopic

strawberry.enum(AnnouncementTopic, description="What sort of news an announcement is (公告类别).")

__all__ = ["AnnouncementTopic"]
