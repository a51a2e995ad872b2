"""What can be asked of and done with notifications (通知). Everybody has their own."""

from __future__ import annotations

import strawberry

from crm.access.grants import SIGNED_IN
from crm.graph.context import Operation
from crm.graph.payloads import Done
from crm.resolvers.verbs import command, listing, query, single
from crm.schema.system.notification import NotificationsPayload, unread_count
from crm.services.deeds import Deed
from crm.services.system import notifications


@strawberry.type
class NotificationQuery:
    """Reading one's notifications."""

    notification = single("system.Notification", SIGNED_IN, "One of one's own notifications (通知).")
    notifications = listing("system.Notification", SIGNED_IN, "One's own notifications (通知) of three months, the latest first.")

    @query(SIGNED_IN, "How many notifications the viewer has not read (未读通知数).")
    async def unread_notification_count(operation: Operation) -> int:
        """As `notifications` with a filter on `readAt` counts them."""
        return await unread_count(operation)


@strawberry.type
class NotificationMutation:
    """Saying that one has read them."""

    @command(SIGNED_IN, NotificationsPayload, "The viewer has read these notifications (标为已读), at most 100.")
    async def notification_read(deed: Deed, ids: list[strawberry.ID]) -> Done:
        """One that is not theirs answers NOT_FOUND, and none of them is read."""
        await notifications.read(deed, ids)
        return Done()

    @command(SIGNED_IN, NotificationsPayload, "The viewer has read all notifications there are (全部已读).")
    async def notification_read_all(deed: Deed) -> Done:
        """Those that come later are not meant."""
        await notifications.read_all(deed)
        return Done()
